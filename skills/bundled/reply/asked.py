# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""What is asked: whose mail, and what to say."""

import re

# What is asked: whose mail, and what to say.
WHO = r"(?P<who>[^:,?]{1,60}?)"
ABOUT = r"(?P<about> (about|regarding|on|sur|au sujet d[eu'] ?|a propos d[eu'] ?|concernant) ?.{2,60}?)?"
SAYING = (
    r"(,? (saying|to say|and say|telling (him|her|them)|and tell (him|her|them)|pour (lui |leur )?dire|disant|"
    r"en disant|et dis(-lui|-leur)?)( that| qu(?=')| que|:| :)?| that| que| qu(?=')| ?:|, that)"
)
ASKED = [
    r"(answer|reply|response)( back)? (to |for )?" + WHO + r"('s?)?( (mail|e-?mail|message|letter|"
    r"question))?" + ABOUT + SAYING + r" ?'?(?P<say>.+)",
    r"(write back to|respond to|tell|write to|get back to|send) " + WHO + r"('s?)?( (mail|e-?mail|message|letter|"
    r"question))?( (the|an) (answer|reply))?" + ABOUT + SAYING + r" ?'?(?P<say>.+)",
    r"(repond(s|re|ez)?|reponse|reecris|ecris|dis|envoie|prepare|redige)( une reponse| en reponse| la reponse|"
    r" tout de suite)* (a |au |aux |la reponse a )((mail|message|courriel|mot|question) (de |d'|du )?)?"
    + WHO + r"( (la|une) reponse| en reponse)?" + ABOUT + SAYING + r" ?'?(?P<say>.+)",
    r"^(please )?(answer|reply|respond|repond(s|re|ez)?|dis|tell|write back)(?P<who>( him| her| them|-lui|"
    r"-leur)?)(?P<about>)" + SAYING + r" ?'?(?P<say>.+)",
]  # fmt: skip
PRONOUNS = ["him", "her", "them", "-lui", "-leur", "lui", "leur"]
SEND_TOO = (
    r",? *(and|et|puis|then)? *(then |right away |please )?(send (it|that|this)( off| now| right away)?|envoie(-la|"
    r"-le| la| le)?( maintenant| tout de suite)?)[.! ]*$"
)
LAST = (
    r"^(please )?(send|envoie|envoyez)( (it|the|that|this|le|la|ce|cette|mon|my|reply|answer|draft|brouillon|"
    r"reponse|now|maintenant|please|off|last|dernier|derniere|stp))*[.! ]*$"
)


def understood(request):
    """Whose mail, what it is about, and what to say; "" for what was not said."""
    flat = re.sub(r"\s+", " ", request).strip()
    folded = fold(flat)
    cut = re.search(SEND_TOO, folded)
    if cut and cut.start() > 0:
        flat, folded = flat[: cut.start()], folded[: cut.start()]
    for pattern in ASKED:
        found = re.search(pattern, folded)
        if found:  # folding keeps the length, so the places are those of what was typed
            who = re.sub(
                r"('s|’s)$|^(the|le|la|the mail of|mail from) ",
                "",
                flat[folded.find(found["who"]) :][: len(found["who"])].strip(),
            )
            who = "" if fold(who) in PRONOUNS else who
            about = re.sub(r"^\s*\w+ ", "", found["about"] or "")
            return who, about, flat[-len(found["say"]) :].strip()
    return "", "", ""
