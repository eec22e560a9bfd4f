# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""Which sentences of a mail promise something, and which ask."""

import re

READ = 10_000  # characters of a mail that are looked at

# English: somebody says that they will do something that another can wait for.
WILL = r"(i|we)( will|'ll| shall|('m| am|'re| are) going to| plan to| promise( you)? (i'll|i will))"
SOON = r"( definitely| certainly| gladly| also| then| just|( try| be sure| make sure| be able| have| need) to)*"
DO_EN = (
    r"send|get back|get (it|this|that|them|you)\b|forward|call|phone|ring|text|email|mail|write|reply|answer|"
    r"respond|let you know|tell you|keep you (posted|informed|updated)|share|bring|prepare|draft|fix|repair|check|"
    r"look (into|at|it|for|up)|find out|do (it|this|that|the|my|so)\b|finish|complete|pay|refund|reimburse|book|"
    r"reserve|come back|deliver|return|give|hand|confirm|submit|review|read|update|drop (it|this|them|by)|post|"
    r"upload|transfer|wire|follow up|ask|talk to|speak (to|with)|arrange|organi[sz]e|print|order|sign|have (it|this|"
    r"that|them|the)\b|put|add|make|buy|pick|take care|handle|replace|change|move|lend|sort|translate|have a look|"
    r"take a look|remind|introduce|schedule|set up|provide|publish|ship|clean|install|correct|revise|circulate|"
    r"present"
)
PROMISE_EN = [
    r"\b" + WILL + SOON + r" (" + DO_EN + r")",
    r"\byou('ll| will) (have|get|receive|hear)\b.{0,60}\b(by|from me|from us|tomorrow|tonight|today|this|next|on|in|"
    r"before|within|end of)\b",
    r"\bi can (send|have|get|bring|deliver|finish)\b.{0,60}\b(by|tomorrow|tonight|on|next|before)\b.*[^?]$",
    r"\b(i|we) promise (you )?to \w|^(will do|leave it (to|with) me|consider it done|i'm on it|on it)\b",
    r"\blet me (check|look|find out|ask|see)\b.{0,50}\b(get back|let you know|tell you|call you)\b",
    r"^(sending|will send|will get back|will call|will let you know|will forward|will bring|expect (it|my))\b",
]

# French: the pronoun before the verb tells that it is for the reader.
TO_YOU = r"((te|t'|vous|le|la|les|l'|lui|leur|en|y) ?)+"
DO_FR = (
    r"envoi(e|es|s|ons)|transmet(s|tons)|transfere|fais|faisons|appelle|rappell?e|rappell?ons|recontacte|redis|"
    r"dis (ca|des que|demain|quand)|reponds|tiens (au courant|informe)|tenons (au courant|informe)|rends|ramene|"
    r"apporte|rembourse|donne (ca|une reponse|la reponse|des nouvelles|les)|prepare|livre|confirme (ca|demain|"
    r"des que|d'ici|avant)|poste|reecris|passe (ca|le|la|les|un coup)|reviens vers|adresse|remets|depose|reserve|"
    r"achete|partage|imprime|traduis|corrige|relis|termine|finis|regle|paie|verifie"
)
PROMISE_FR = [
    r"\b(je|j'|nous|on) ?" + TO_YOU + r"(" + DO_FR + r")\b",
    r"\b(j'|je |nous |on )(" + DO_FR.replace("|fais|", "|") + r")\b.{0,80}\b(demain|ce soir|aujourd'hui|(lun|mar|"
    r"mercre|jeu|vendre|same)di|dimanche|d'ici|avant|semaine|la fin|des que|pour (toi|vous)|le \d)",
    r"\b(je |j')(" + TO_YOU + r")?(?!(ser|aur|ir|verr|pourr|devr|saur|voudr|viendr|arriver|partir|rester|penser|"
    r"aimer|attendr|rentrer|dormir|oublier|manquer|travailler)ai\b)\w{2,}rai\b|\b(nous|on) " + TO_YOU + r"(?!verr|"
    r"aur|ser|fer(ons|a) (plaisir|signe de vie))\w{2,}r(ons|a)\b",
    r"\b(je vais|nous allons|on va|je compte|je promets de|je te promets de|"
    r"je vous promets de) ?" + "(" + TO_YOU + r")?(envoyer|transmettre|transferer|faire|appeler|rappeler|repondre|"
    r"preparer|verifier|regarder|demander|rendre|rembourser|apporter|livrer|payer|regler|reserver|organiser|ecrire|"
    r"finir|terminer|corriger|relire|donner|tenir|revenir vers|contacter|dire|mettre|acheter|signer|voir avec)\b",
    r"\b(je|on|nous) (m'en|nous en|s'en) (occup|charg)\w+|\bje passe (te|vous|le|la|les) \w+(er|re|ir)\b",
    r"\b(tu|vous) (l'|les |en )?(auras|aurez|recevras|recevrez)\b(?! (remarque|compris|vu|devine|note|appris|"
    r"entendu|reconnu|constate))|\bpar (mes|nos) soins\b",
    r"\bje reviens vers (toi|vous)\b|\bje (regarde|verifie|demande|vois)\b.{0,40}\bje (te|vous|t') ?(dis|redis|"
    r"rappelle|tiens|reponds)",
    r"^(c'est note, )?je (le|la|les|l') ?(fais|prends|note|relis|envoie|prepare|signe)\b",
    r"^(reponse|retour|envoi) (demain|ce soir|lundi|mardi|mercredi|jeudi|vendredi)\b|\bcompte(z)? sur moi\b",
]
NO_PROMISE = (
    r"\?\s*$|\b(won't|will not|'ll never|will never|can't|cannot|not going to|wish i|if i (were|had|could)|"
    r"i would have|said (that )?(i|you|he|she|they)('d| would)|would you like me|should i|shall i|do you want me|"
    r"don't think i('ll| will)|not sure (i|if|whether)|i doubt|i('ll| will) be (on|in|at|away|late|there|here|back|"
    r"happy|glad|out)\b|let you (go|decide|choose|get on)|i('ll| will) (see|miss|remember|never|have to think|"
    r"keep my fingers)|make (a|no) (decision|mistake|sense)|put (up|off))|\b(je|nous|on|j') ?(ne |n')|\b(ci-joint|"
    r"en piece jointe|ci-dessous|en p\.?j)\b|j'aurais|voulez-vous que|veux-tu que|si j'avais|je devrais peut-etre|"
    r"je ne sais pas si|(fais|fait|faisons) (plaisir|confiance|penser|peur|rire|un (bisou|calin))|(envoie|envoyons|"
    r"fais|fait) (plein |mille |beaucoup |un |une |des |de |tous |mes |nos )*(gros )?(bisou|bise|baiser|pensee|"
    r"amiti|voeux|salut)|(envoie|ecris|adresse) (ce|cet|cette|un|une|le present) (petit )?(mail|message|mot|"
    r"courriel|lettre|ligne)s? (pour|car|parce|afin|depuis)|je vous (adresse|presente|prie)\b.{0,30}(salutation|"
    r"voeux|sentiment|condoleance)|\b(attached|enclosed)\b(?!.*\b(tomorrow|by|later)\b)|rappelle (que|toi|vous|qu')|"
    r"(te|vous) rappelle (que|qu'|l[ae]|mon|notre)|sends? (his|her|their|my) (love|regards)|send (my )?(love|"
    r"regards|greetings|best wishes)"
)
KEPT_WORD = (
    r"\b(attached|enclosed|here (is|are|it is|they are|you go|'s)|as promised|as discussed|done|sent|find (attached|"
    r"below)|i('ve| have) (sent|paid|done|finished|booked|fixed|called|put)|ci-joint|en piece jointe|voici|voila|"
    r"comme promis|comme convenu|c'est fait|c'est envoye|j'ai (envoye|paye|fait|fini|reserve|regle|corrige|appele|"
    r"mis|transmis)|je viens de)\b"
)
ASKS = (
    r"\b(could|can|would|will) you\b|\blet me know\b|\btell me\b|\bplease (send|confirm|check|call|answer|reply|"
    r"tell|give|sign|look|review)\b|\b(peux|pourrais)[- ]tu\b|\b(pouvez|pourriez)[- ]vous\b|\bdis[- ]moi\b|"
    r"\bdites[- ]moi\b|\btiens[- ]moi au courant\b|\bqu'en (penses|pensez)\b|\bmerci de (me |m'|nous |bien )|"
    r"\bj'attends (ta|ton|votre|vos) |\brappelle[- ]moi\b|\benvoie[- ]moi\b|\benvoyez[- ]moi\b"
)
IDLE = (
    r"how are you|how('s| is) it going|hope you|comment (vas|va|allez)|ca va( bien)? ?\?|n'hesite|feel free|"
    r"isn't it|n'est-ce pas|if you have (any )?questions|si (tu as|vous avez) des questions|guess what|devine|"
    r"no need to|pas besoin de"
)


def is_promise(sentence):
    text = fold(sentence).strip()
    if re.search(NO_PROMISE, text):
        return False
    return any(re.search(pattern, text) for pattern in PROMISE_EN + PROMISE_FR)


def is_question(sentence):
    text = fold(sentence)
    if re.search(IDLE, text):
        return False
    return "?" in re.sub(r"https?://\S+", "", text) or re.search(ASKS, text) is not None


def sentences(text):
    """Paragraphs joined over their line ends, then cut into sentences; quoted lines left out."""
    lines = [line.strip() for line in text[:READ].replace("\r", "").split("\n") if not line.lstrip().startswith(">")]
    parts = []
    for paragraph in "\n".join(lines).split("\n\n"):
        joined = re.sub(r"\n(?=[-*•\d])", "\n\n", paragraph)
        for piece in joined.split("\n\n"):
            parts += [one.strip() for one in re.split(r"(?<=[.!?…])\s+|;\s+", piece.replace("\n", " ")) if one.strip()]
    return parts[:200]
