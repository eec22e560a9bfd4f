"""What in a mail speaks for a label, for an answer, or for a thief."""

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
