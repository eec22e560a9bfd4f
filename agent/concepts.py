"""Everyday words for one thing, in English and French: what MiniLM does not know of French, and letters cannot see.

A word ending in "*" stands for all that begin with it; words are without accents, as agent.moments.plain has them.
"""

from __future__ import annotations

from functools import cache

_WORDS = {
    "reply": "answer* repl* repley* respon* repon* rep",
    "draft": "draft* brouillon* redig* compose*",
    "send": "send* envoi* envoy* expedi*",
    "thank": "thank* merci* remerci*",
    "tell": "say saying tell* dis dire disant ecri* write* ecris",
    "mail": "mail* email* e-mail* message* courri* inbox* mailbox* boite* messagerie* unread courriel*",
    "sort": (
        "sort* tri trie* trier triage* tidy* classe* range* order* ordre* label* etiquet* priorit* clean* organi*"
    ),
    "important": "important* urgent* matter* priorit* worth* compte* essentiel*",
    "sum": "sum summar* summary digest* overview* brief* recap* resume* synthes* apercu* tour point tldr abrege*",
    "day": "day daily today* morning* journee* jour jours matin* quotidien* overnight nuit evening soir",
    "miss": "miss* catch* rate* manqu* happen* passe arriv* came",
    "promise": "promis* promes* promett* commit* engag* owe* oblig* said dit",
    "wait": "wait* atten* pending suspens open ouvert* overdue retard* tarde* late",
    "chase": "chase* relanc* follow-up* followup* follow-ups nudg* remind* rappel* suivis",
    "never": ("never jamais not hasnt hasn't havent haven't pas sans yet encore still toujours forgot* forget* oubli*"),
    "tick": "tick* coche* done fait mark* settle* regle* raye* cross* tenu*",
    "people": "who people someone somebody anybody qui quelqu'un personne* gens on",
    "calendar": "calendar* agenda* calendrier* schedule* planning*",
    "event": (
        "event* appointment* meeting* reunion* rdv rendez* rendez-vous evenement* lunch* dejeuner* dinner* "
        "diner* call  appel* appointement* dentist* dentiste* concert* haircut coiffeur* workshop* plumber "
        "plombier"
    ),
    "add": "add* ajout* put mets met mettre book* inscri* note* plan* program* reserve* new nouvel*",
    "free": "free libre* slot* creneau* dispo* available* horaire* busy occupe*",
    "find": "find* trouv* cherch* search*",
    "propose": "propos* suggest*",
    "meet": "meet* voir rencontr*",
    "news": (
        "news new nouv* neuf actu* info* headline* titre* press* presse article* feed* flux fil fils update* "
        "latest  dernier* derniere*"
    ),
    "follow": (
        "follow* suis suivre suivi track* watch* surveil* eye oeil veille garde* alert* avert* previen* ping "
        "subscri* abonn* informed informe* posted courant know"
    ),
    "stop": "stop* unfollow* arret* plus longer cess* laisse* tomber off",
    "topic": "topic* subject* sujet* theme* question*",
    "list": "list* liste* show* montr* which quel* affich*",
    "page": "page* site* web* link* lien* url*",
    "read": "read* lis lire open* ouvr* fetch* recuper* look* regard* visit* va go check* consult*",
    "contract": "contra* vyper solidity blockchain* smart escrow* sequestre* token* jeton* dao",
    "make": (
        "writ* make* made creat* cree* crea* build* generat* gener* code* coder program* fais faire fait "
        "ecri* redig*  draft* need* faut want* voudrais construi* fabri*"
    ),
    "explain": "expliq* explain* mean* veut signifi* safe sur secure* understand* comprend*",
    "money": (
        "pay* paie* paiement* money argent* ether deposit* caution* tip* pourboire* fund* financ* saving* "
        "tirelire*  pot cagnotte* split* partag* auction* enchere* bet* pari vote* voter crowdfund*"
    ),
}


@cache
def _tables() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    whole: dict[str, list[str]] = {}
    begin: dict[str, list[str]] = {}
    for concept, words in _WORDS.items():
        for word in words.split():
            (begin if word.endswith("*") else whole).setdefault(word.rstrip("*"), []).append(concept)
    return whole, begin


def concepts(words: list[str]) -> list[str]:
    """The concepts that the words name, in order, each once."""
    whole, begin = _tables()
    found: dict[str, None] = {}
    for word in words:
        found.update(dict.fromkeys(whole.get(word, ())))
        for length in range(2, len(word) + 1):
            found.update(dict.fromkeys(begin.get(word[:length], ())))
    return list(found)
