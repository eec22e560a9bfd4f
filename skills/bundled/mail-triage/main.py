# ruff: noqa: F821 - the functions of the host exist where this runs
"""Labels, priority and "needs an answer" for mail, by rules first; what a mail says about itself counts for nothing."""

import re
from datetime import datetime, timedelta

MAX_MAILS = 20  # of one `sort`, within the time and the calls of a run
MAX_CHOICES = 10  # questions to the model in one run; each takes seconds
READ = 2000  # characters of a mail that are looked at

ACCENTS = ["àa", "âa", "äa", "çc", "ée", "èe", "êe", "ëe", "îi", "ïi", "ôo", "öo", "ùu", "ûu", "üu", "’'", "ʼ'"]
FREE = (
    r"^((gmail|googlemail|outlook|hotmail|live|yahoo|icloud|proton|protonmail|gmx|aol|posteo|web)\.[a-z.]+|me\.com|"
    r"laposte\.net|orange\.fr|free\.fr|sfr\.fr|wanadoo\.fr|mailbox\.org)$"
)

# What speaks for a label: (label, weight, pattern) over the folded title and text, and over the sender's address.
WORDS = [
    ("newsletter", 3, r"unsubscribe|se desabonner|desabonn|desinscri|view (it|this email)? ?in your browser|"
     r"version en ligne|voir dans (votre|le) navigateur|you('re| are) receiving this|vous recevez (ce|cet|cette)"),
    ("newsletter", 2, r"newsletter|lettre d'information|infolettre|this week('s)? (in|edition)|weekly digest|"
     r"soldes|% off|code promo|promo code|offre exclusive|nos offres|our (best )?deals"),
    ("receipt", 3, r"\breceipt\b|your (order|purchase|invoice|payment)\b|order confirmation|payment (received|"
     r"confirmation)|"
     r"\binvoice (n|#|for|attached|\d)|votre (commande|achat|facture|recu|paiement)|confirmation de (commande|"
     r"paiement)|"
     r"\bfacture n|recu de paiement|merci pour votre (commande|achat|reservation)|e-?ticket|billet electronique|"
     r"thank you for your (order|purchase|payment)|booking confirm|reservation confirm|"
     r"confirmation de (votre )?reservation"),
    ("receipt", 1, r"\btotal\b.{0,20}\d|montant|amount (paid|charged)|order (number|no)|numero de commande|\bvat\b|"
     r"\btva\b"),
    ("delivery", 3, r"(your|the) (parcel|package|shipment|order|delivery)\b.{0,40}\b(shipped|on its way|delivered|"
     r"arriv|delayed|out for)|"
     r"out for delivery|tracking (number|code)|votre (colis|livraison|commande)\b.{0,50}\b(expedie|livre|en route|"
     r"en chemin|arrive|retard|disponible|remis)|"
     r"numero de suivi|suivi de (colis|livraison)|point relais|\bcolis\b.{0,30}\b(livre|relais|attend)|"
     r"shipping confirmation"),
    ("bank", 3, r"(account|bank) statement|releve (de compte|bancaire)|your (account|current account|card) (balance|"
     r"ending)|"
     r"direct debit|standing order|virement (recu|emis|de|instantane|effectue)|prelevement|solde de votre compte|"
     r"carte bancaire|"
     r"transfer of .{0,20}(received|sent)|overdraft|decouvert (autorise|bancaire)|conseiller bancaire|mortgage rate"),
    ("invitation", 3, r"you('re| are)( all)? (warmly |cordially )?invited|invit(es|e) you to|i('d| would) (love|"
     r"like) you to come|"
     r"(would|will) you (like to )?(come|join us)|are you free (on|for|this|next|tomorrow)|save the date|"
     r"please (join us|rsvp)|\brsvp\b|"
     r"(vous|t'|te|nous vous) ?(invit|convi)|tu es invite|vous etes (tous )?(invite|convie)|(tu|vous) (viens|venez|"
     r"viendrais|serais|seriez)\b.{0,40}(fete|diner|"
     r"anniversaire|soiree|mariage|dejeuner|apero|samedi|dimanche)|es-tu libre|etes-vous (libre|disponible)|"
     r"reserve[rz]? (la|cette) date|ca te dit"),
    ("invitation", 3, r"^(title: )?(invitation|updated invitation|invitation mise a jour)\b|calendar invitation"),
    ("invitation", 3, r"(pendons|pend|pendaison de) (la|notre) cremaillere|faites-nous le plaisir de venir"),
    ("invitation", 1, r"\b(birthday party|dinner|wedding|housewarming|anniversaire|mariage|cremaillere|"
     r"vernissage)\b"),
    ("automatic", 3, r"do not reply|ne pas repondre|automatic(ally)? (generated|message|reply)|out of office|"
     r"reponse automatique|message automatique|"
     r"absen(t|ce) du bureau|(verification|security|login|confirmation) code|code de (verification|securite|"
     r"connexion|confirmation)|"
     r"password (was )?(reset|changed)|reset your password|reinitialis\w+ (de )?(votre )?mot de passe|new (sign-?in|"
     r"login)|nouvelle connexion|"
     r"delivery (status notification|has failed)|undeliver|mail delivery (failed|subsystem)|build (failed|passed|#)|"
     r"backup (completed|failed)|"
     r"verify your e-?mail address|confirme[rz]? votre adresse|terms of service|conditions (generales|"
     r"d'utilisation)"),
]  # fmt: skip
SENDERS = [
    ("newsletter", 2, r"^(news|newsletter|info-?lettre|actu|marketing|offers?|promo|deals|hello|digest)[.@+-]"),
    ("receipt", 1, r"^(billing|invoices?|receipts?|orders?|factur\w*|commandes?|shop|store|boutique|"
     r"payments?)[.@+-]"),
    ("delivery", 2, r"(dhl|ups\.|fedex|colissimo|chronopost|mondialrelay|laposte\.info|dpd\.|gls-|royalmail|"
     r"shipping|livraison|tracking)"),
    ("bank", 2, r"(bank|banque|credit-?(agricole|mutuel)|caisse-?epargne|bnpparibas|societegenerale|boursorama|"
     r"revolut|n26|paypal|hsbc|barclays|visa\.)"),
    ("automatic", 2, r"(no-?reply|ne-?pas-?repondre|do-?not-?reply|mailer-daemon|postmaster|notifications?|alerts?|"
     r"robot|bounce|automated?|ci)[.@+-]"),
]  # fmt: skip
WORK = (
    r"\b(meeting|agenda|report|deadline|project|client|customer|budget|contract|quarter|invoice|slides|deck|review|"
    r"deploy|"
    r"release|proposal|colleague|team|minutes|draft|spec|pull request|hiring|interview|reunion|ordre du jour|rapport|"
    r"echeance|projet|clients?|devis|contrat|trimestre|equipe|compte[- ]rendu|collegue|dossier|livrable|recrutement|"
    r"entretien|presentation|planning|chantier|cordialement|bien a vous|best regards|kind regards|sincerely)\b"
)
PRIVATE = (
    r"\b(mum|mom|dad|grandma|granny|kids?|birthday|holiday|weekend|party|dinner|love|xx+|kisses|hugs|barbecue|cinema|"
    r"maman|papa|mamie|papi|enfants?|anniversaire|vacances|week-?end|fete|diner|bises|bisous|biz|je t'embrasse|"
    r"t'embrasse|gros bisou|cine|apero|barbecue|mon cheri|ma cherie|ton pere|ta mere|your (mother|father|sister|"
    r"brother))\b"
)

# What is wanted of the reader.
ASKS = (
    r"\b(could|can|would|will) you\b|\bplease (?!find|note|see|do not|don't|be (aware|advised)|disregard|ignore|"
    r"visit|click|contact us|consider the env)\w+|"
    r"\blet me know\b|\btell me\b|\bi need (you|your|to know)\b|\byour (thoughts|opinion|feedback|view|answer|"
    r"reply)\b|"
    r"\bdo you (have|know|think|want|mind|still|need)\b|\bi('m| am) waiting for (you|your)\b|\bwhat do you think\b|"
    r"\b(wonder|wondering) (if|whether) you\b|\bget back to me\b|\bhear from you\b|\bwould appreciate (it if|"
    r"your)\b|\brsvp\b|"
    r"\b(peux|pourrais|veux|voudrais)[- ]tu\b|\btu (peux|pourrais|veux|voudrais)\b.*\?|\b(pouvez|pourriez|voulez|"
    r"voudriez)[- ]vous\b|"
    r"\bmerci de (?!votre|ta|ton|tes|vos|cette|ne pas)(m'|me |nous |bien |vous |l[ea] |confirm|renvo|repond|rappel|"
    r"signer|valid|envoy|donner|dire|prevenir|transmettre)|"
    r"\bdis[- ]moi\b|\bdites[- ](moi|nous)\b|\btiens[- ]moi au courant\b|\btenez[- ](moi|nous) (au courant|informe)|"
    r"\bqu'en (penses|pensez)|\bj'attends (ta|ton|tes|votre|vos)\b|\bj'aimerais (savoir|avoir (ton|votre))|"
    r"\bas[- ]tu\b|\bavez[- ]vous\b|"
    r"\bj'ai besoin (de (ton|ta|tes|votre|vos)|que (tu|vous))|\bfais[- ]moi (signe|savoir)\b|\bfaites[- ](moi|"
    r"nous) (signe|savoir)\b|"
    r"\bje me demande si (tu|vous)\b|\brappelle[- ]moi\b|\brappelez[- ](moi|nous)\b|\brenvoie[- ]moi\b|"
    r"\benvoie[- ]moi\b|\benvoyez[- ](moi|nous)\b|"
    r"\bveuillez (me|nous|confirmer|repondre|renvoyer|signer)\b|\bcall me back\b|\bsend (me|us)\b"
)  # fmt: skip
MAYBE = r"\b(repl(y|ies)|answer|respond|repon(se|dre|ds|dez)|confirm|available|availability|disponib|dispo)\b"
IDLE = (
    r"n'hesite|feel free|no (need|rush) to (answer|reply|respond)|pas besoin de (me )?repondre|don't (need|"
    r"have) to (reply|answer)|"
    r"if you have (any )?(further )?questions|for any questions?|pour toute question|si vous avez (des|la moindre|"
    r"une) question|"
    r"any questions\?|des questions \?|ne (me )?reponds pas|nothing to do|rien a faire|can you believe|"
    r"you know what|guess what\?|"
    r"devine quoi|tu te rends compte|how (are|is) (you|everything|things|life)|how('s| is) it going|hope you|"
    r"comment (vas|va|allez)|"
    r"ca va( bien)? \?|j'espere que (tu|vous|ca)|n'est-ce pas|isn't it|who knows"
)

# What thieves ask for, how they press, and how they speak to machines.
LOOT = (
    r"\b(password|passcode|pin code|your pin|credentials?|log ?in details|bank details|card (number|details)|"
    r"gift cards?|"
    r"bitcoins?|btc|wire (transfer|the|me|us)|western union|money ?gram|send (me )?(the )?(money|\$|€|£|\d)|"
    r"transfer (of )?(the )?(\$|€|£|\d|funds?)|"
    r"verify your (account|identity|card|payment)|confirm your (account|identity|card|payment|bank)|"
    r"update your (payment|billing|card|bank)|"
    r"social security number|processing fee|release fee|customs fee|recovery phrase|seed phrase|pay (the|a|us|now|"
    r"\$|€|£|\d)|new (iban|bank account)|"
    r"mot de passe|code (secret|pin|confidentiel)|identifiants|coordonnees bancaires|numero de carte|"
    r"cartes? cadeaux?|virement|"
    r"frais de (douane|dossier|port|livraison|reexpedition)|verifie[rz]? (votre|vos) (compte|identite|carte|"
    r"informations)|"
    r"confirme[rz]? (votre|vos) (compte|identite|carte|coordonnees|informations)|met(tre|tez) a jour (votre|"
    r"vos) (paiement|carte|informations|coordonnees)|"
    r"regle[rz] (la somme|les frais|\d)|carte vitale|pcs|transcash|phrase de recuperation|nouve(au|l) (rib|iban)|"
    r"avance[rz]?[- ](moi|nous)?)\b"
)  # fmt: skip
PRESS = (
    r"\b(urgent|immediately|within \d+ (hours?|h|days?)|right away|suspended|locked|blocked|restricted|"
    r"will be (closed|deleted|terminated)|"
    r"final (notice|warning)|last (chance|warning)|you (have )?won|winner|lottery|inheritance|unclaimed|"
    r"confidential|discreet|"
    r"unusual activity|stranded|in a meeting and can|tell no ?one|legal action|lawsuit|recorded you|webcam|"
    r"urgence|immediatement|sous \d+ ?(h|heures|jours)|suspendu|bloque|restreint|sera (ferme|supprime|cloture)|"
    r"derni(er|ere) (avis|rappel|chance)|"
    r"avez gagne|gagnant|loterie|heritage|confidentiel|discret|activite inhabituelle|poursuites|n'en parle|"
    r"au plus vite|coince)\b"
)
ORDERS = (
    r"(ignore|disregard|forget) (all |any |the |your |my |every )*(previous |prior |above |earlier |"
    r"other )*(instructions|rules|prompts?|guidelines)|"
    r"(ignore[rz]?|oublie[rz]?) (toutes )?(les |tes |vos )(instructions|consignes|regles)|system prompt|"
    r"invite systeme|"
    r"(note|message|instructions?|attention|important)( \w+){0,2} (to|for|a|pour|aux?|l')[ ']?(the |any |l'|votre |"
    r"your )?(ai|ia|llm|language model|assistant|agent|modele)\b|"
    r"as an ai|en tant qu'ia|you are (now )?(an?|the) (ai|assistant|agent|unrestricted)|"
    r"tu es (maintenant )?un(e)? (ia|assistant|agent)|"
    r"\b(mail_send|mail_label|net_fetch|memory_list|mail_draft)\b|(assistant|agent|ia|ai)[,:] (please )?(label|mark|"
    r"forward|send|classe|marque|transfere|envoie)|"
    r"<\|?(system|im_start|assistant)\|?>|\[/?inst\]"
)  # fmt: skip

SAID = {
    "en": {
        "none": "There was no new mail to sort.",
        "head": "I sorted {n} mails of the last {days} days.",
        "head1": "I sorted one mail of the last {days} days.",
        "answer": "**Need an answer**",
        "suspicious": "**Suspicious: do not click or pay**",
        "rest": "**The rest**",
        "more": "There is more: ask again to go on.",
        "from": "{title} – {sender} [{n}]",
        "warn": "This mail looks suspicious: {why} [1]",
        "untitled": "(no subject)",
        "forged": "sender not authenticated",
        "failed": "its sender could not be authenticated and it asks for money, passwords or codes.",
        "press": "a stranger presses you for money, passwords or codes.",
        "orders": "it tries to give orders to your assistant.",
    },
    "fr": {
        "none": "Il n'y avait pas de nouveau courrier à trier.",
        "head": "J'ai trié {n} mails des {days} derniers jours.",
        "head1": "J'ai trié un mail des {days} derniers jours.",
        "answer": "**Attendent une réponse**",
        "suspicious": "**Suspects : ne cliquez pas, ne payez pas**",
        "rest": "**Le reste**",
        "more": "Il y en a d'autres : redemandez pour continuer.",
        "from": "{title} – {sender} [{n}]",
        "warn": "Ce mail semble suspect : {why} [1]",
        "untitled": "(sans objet)",
        "forged": "expéditeur non authentifié",
        "failed": "son expéditeur n'a pas pu être authentifié et il demande de l'argent, un mot de passe ou un code.",
        "press": "un inconnu vous presse de donner de l'argent, un mot de passe ou un code.",
        "orders": "il essaie de donner des ordres à votre assistant.",
    },
}
LABELS = {
    "newsletter": "lettre d'information", "receipt": "achat", "personal": "personnel", "work": "travail",
    "bank": "banque", "delivery": "livraison", "automatic": "automatique", "suspicious": "suspect",
}  # fmt: skip


def triage(record, language="en"):
    """One new mail.  Says something only where it looks dangerous."""
    mail = mail_get(id=record)
    if mail["from_me"]:
        return None
    found = judge(mail, {"left": 1, "me": my_addresses()})
    mail_label(id=record, **marks(found))
    if not found["why"]:
        return None
    say = SAID[language]
    return {"text": say["warn"].format(why=say[found["why"]]), "sources": [record]} | marks(found)


def sort_inbox(days=7, language="en"):
    """What came in the last `days` and bears no priority yet."""
    say = SAID[language]
    days = min(max(int(days), 1), 365)
    since = (datetime.now() - timedelta(days=days)).strftime("%Y-%m-%d")
    briefs = mail_search(since=since, limit=100)
    todo = [one for one in briefs if not one["from_me"] and not one["priority"]]
    if not todo:
        return {"text": say["none"], "sources": []}
    budget = {"left": MAX_CHOICES, "me": my_addresses()}
    done = []
    for one in todo[:MAX_MAILS]:
        mail = mail_get(id=one["id"])
        found = judge(mail, budget)
        mail_label(id=mail["id"], **marks(found))
        done.append({"mail": mail, "found": found})
    return report(done, days, language, len(todo) > MAX_MAILS)


def marks(found):
    return {"labels": found["labels"], "priority": found["priority"], "needs_answer": found["needs_answer"]}


def report(done, days, language, more):
    say = SAID[language]
    sources = [one["mail"]["id"] for one in done]
    lines = [say["head1" if len(done) == 1 else "head"].format(n=len(done), days=days)]
    groups = {"suspicious": [], "answer": [], "rest": []}
    for number, one in enumerate(done, 1):
        found = one["found"]
        group = "suspicious" if found["why"] else "answer" if found["needs_answer"] else "rest"
        title = plain(one["mail"]["title"]) or say["untitled"]
        line = say["from"].format(title=title, sender=plain(name_of(one["mail"])), n=number)
        line += f" ({say['forged']})" if one["mail"]["authenticated"] is False else ""
        if group == "rest":
            line += " · " + ", ".join(
                [LABELS.get(label, label) if language == "fr" else label for label in found["labels"]]
            )
        groups[group].append((0 if found["priority"] == "high" else 1, number, "- " + line))
    for group in ["answer", "suspicious", "rest"]:
        if groups[group]:
            lines.append(say[group] + "\n" + "\n".join([line for _, _, line in sorted(groups[group])]))
    if more:
        lines.append(say["more"])
    return {"text": "\n\n".join(lines), "sources": sources}


def plain(text):
    """One line without Markdown, so that a subject cannot pretend to be a link or a citation."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()[:100]


def name_of(mail):
    return mail["sender"].split("<")[0].strip().strip('"') or mail["address"]


def my_addresses():
    return sorted({one["address"].lower() for one in mail_sent(limit=5)})


def judge(mail, budget):
    """Labels (the most telling first), priority, whether it needs an answer, and why it is suspicious, or ""."""
    title, text = fold(mail["title"]), fold(mail["own_text"] or mail["text"])[:READ]
    why = suspicion(mail, title + "\n" + text)
    if why:
        return {"labels": ["suspicious"], "priority": "low", "needs_answer": False, "why": why}
    labels = label(mail, title, text, budget)
    needs = is_asked(mail, labels, title, text, budget) and not is_answered(mail, mail_thread(id=mail["id"]))
    return {"labels": labels, "priority": priority(mail, labels, needs), "needs_answer": needs, "why": ""}


def suspicion(mail, text):
    contact = mail["from_contact"] and mail["authenticated"] is not False
    if re.search(ORDERS, text) and not contact:
        return "orders"
    wants = re.search(LOOT, text) is not None
    if wants and mail["authenticated"] is False:
        return "failed"
    pressed = len(set(re.findall(PRESS, text)))
    if wants and not contact and pressed >= (2 if mail["authenticated"] else 1) and not mail["newsletter"]:
        return "press"
    return ""


def label(mail, title, text, budget):
    scores = {}
    both = title + "\n" + text
    for name, weight, pattern in WORDS:
        scores[name] = scores.get(name, 0) + (weight if re.search(pattern, both) else 0)
        scores[name] += 1 if re.search(pattern, title) else 0
    for name, weight, pattern in SENDERS:
        scores[name] = scores.get(name, 0) + (weight if re.search(pattern, mail["address"].lower()) else 0)
    person = is_person(mail)
    scores["newsletter"] += 4 if mail["newsletter"] else -3 if person else 0
    scores["automatic"] += 1 if mail["automatic"] else 0
    if person:  # a friend who writes about a parcel is no carrier
        scores = {name: score - (0 if name == "invitation" else 4) for name, score in scores.items()}
    if mail["automatic"] and max(scores.values()) < 3:
        return ["newsletter" if scores["newsletter"] >= 2 else "automatic"]
    order = ["delivery", "receipt", "bank", "invitation", "automatic", "newsletter"]
    told = sorted([(-scores[name], place, name) for place, name in enumerate(order) if scores[name] >= 3])
    labels = [name for _, _, name in told if name != "automatic" or told[0][2] == "automatic"][:2]
    if labels[:1] == ["invitation"] and person:
        return ["invitation", company(mail, both, budget)]
    return labels[:1] if labels else [company(mail, both, budget)]


def is_person(mail):
    machine = re.search(SENDERS[-1][2], mail["address"].lower()) is not None
    absent = re.search(r"auto-?repl(y|ies)|automatic reply|out of office|reponse automatique", fold(mail["title"]))
    return not (mail["automatic"] or mail["newsletter"] or machine or absent)


def company(mail, text, budget):
    """Work or private: the words, then whose domain it is, then the model."""
    work, private = len(set(re.findall(WORK, text))), len(set(re.findall(PRIVATE, text)))
    domain = mail["address"].lower().rpartition("@")[2]
    free = re.search(FREE, domain) is not None
    mine = any(domain == one.rpartition("@")[2] for one in budget["me"])
    work += 2 if mine and not free else 0 if free else 1
    private += 1 if free else 0
    if work != private:
        return "work" if work > private else "personal"
    usual = "personal" if free or mail["from_contact"] else "work"
    if budget["left"] <= 0:
        return usual
    question = "Is this mail about work, or is it personal?"
    return choice(budget, question, text, ["personal", "work"]) or usual


def is_asked(mail, labels, title, text, budget):
    """A person asks the reader something.  Machines and lists never do."""
    if not is_person(mail) or labels[0] in ("newsletter", "receipt", "delivery", "bank", "automatic"):
        return False
    if budget["me"] and not any(me in " ".join(mail["to"]).lower() for me in budget["me"]) and mail["to"]:
        return False
    asked, maybe = labels[0] == "invitation", False
    for sentence in [title, *sentences(text)]:
        if re.search(IDLE, sentence):
            continue
        asked = asked or "?" in re.sub(r"https?://\S+", "", sentence) or re.search(ASKS, sentence) is not None
        maybe = maybe or re.search(MAYBE, sentence) is not None
    if (
        asked
        or not maybe
        or budget["left"] <= 0
        or re.search(r"no (need|rush) to|pas besoin de|ne (me )?reponds", text)
    ):
        return asked
    question = "Does the writer of this mail want a reply?"
    return choice(budget, question, text, ["yes", "no"]) == "yes"


def choice(budget, question, text, options):
    """The model's, or "" where there is none that answers: a mail is sorted by the rest then."""
    budget["left"] -= 1
    try:
        return model_choose(instructions=question, text=text[:800], options=options)
    except (OSError, RuntimeError):
        budget["left"] = 0
        return ""


def is_answered(mail, thread):
    """The person wrote in the thread after it, or their mail program says so."""
    later = [one for one in thread if one["from_me"] and (one["date"] or "") > (mail["date"] or "")]
    return bool(later) or any("answered" in flag.lower() for flag in mail["flags"])


def priority(mail, labels, needs):
    known = mail["from_contact"] and mail["authenticated"] is not False
    if needs:
        return "high" if known or len(mail["thread"]) > 1 else "normal"
    return "low" if labels[0] in ("newsletter", "automatic", "receipt") else "normal"


def sentences(text):
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def fold(text):
    """Lower case, without the accents of French."""
    text = text.lower()
    for pair in ACCENTS:
        text = text.replace(pair[0], pair[1])
    return text
