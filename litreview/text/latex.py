r"""Make the LaTeX of titles and abstracts readable.

`to_text` gives plain Unicode (`$10^{-3}$` becomes 10⁻³, `Erd\H{o}s` Erdős). A formula
that has no faithful plain form stays between dollar signs, which GitHub and the site
render. Nothing is executed, and an unknown command loses only its backslash.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "S": "§", "P": "¶", "copyright": "©",
    "textregistered": "®", "texttrademark": "™", "pounds": "£", "euro": "€", "LaTeX": "LaTeX",
    "TeX": "TeX", "ldots": "…", "dots": "…", "cdots": "⋯", "textendash": "–",
    "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“",
    "textquotedblright": "”", "textbackslash": "\\", "textasciitilde": "~", "textbar": "|",
    "textasciicircum": "^", "textbraceleft": "{",
    "textbraceright": "}", "textquotedbl": '"', "textasciigrave": "`", "textquotesingle": "'",
    "textunderscore": "_", "textdollar": "$", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ",
    "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ", "textless": "<",
    "textgreater": ">", "textdegree": "°", "textmu": "µ", "slash": "/",
}  # fmt: skip
_MATH_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "times": "×", "cdot": "·", "pm": "±", "mp": "∓",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "sim": "∼", "simeq": "≃", "equiv": "≡", "propto": "∝", "ll": "≪", "gg": "≫", "infty": "∞",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "Rightarrow": "⇒", "leftrightarrow": "↔",
    "mapsto": "↦", "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪",
    "cap": "∩", "setminus": "∖", "emptyset": "∅", "forall": "∀", "exists": "∃", "neg": "¬",
    "land": "∧", "lor": "∨", "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "nabla": "∇",
    "ell": "ℓ", "hbar": "ℏ", "circ": "∘", "star": "⋆", "ast": "∗", "dagger": "†", "prime": "′",
    "langle": "⟨", "rangle": "⟩", "lceil": "⌈", "rceil": "⌉", "lfloor": "⌊", "rfloor": "⌋",
    "mid": "|", "vert": "|", "Vert": "‖", "parallel": "∥", "perp": "⊥", "oplus": "⊕",
    "otimes": "⊗", "degree": "°", "ldots": "…", "dots": "…", "cdots": "⋯", "log": "log",
    "ln": "ln", "exp": "exp", "min": "min", "max": "max", "sin": "sin", "cos": "cos",
    "lim": "lim", "sup": "sup", "inf": "inf", "arg": "arg", "deg": "deg", "det": "det",
    "quad": " ", "qquad": " ", "left": "", "right": "", "colon": ":", "percent": "%",
}  # fmt: skip
_SUPERSCRIPT = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()aeijoruvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑᵢⱼₒᵣᵤᵥₓ")
_BLACKBOARD = str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# As in Pandoc: no space inside the dollars and no digit behind, or it is money.
_MATH = re.compile(
    r"\$\$([^$]{1,2000})\$\$|\$(\\[A-Za-z]{1,12})\$|\$(?=[^\s$])([^$]{0,500}[^\s$\\])\$(?!\d)"
    r"|\\\(([^$]{1,500}?)\\\)|\\\[([^$]{1,2000}?)\\\]"
)
_TOKEN = re.compile(
    r"""(?P<accents>(?:\\(?:[`'^~=."]|[uvHrckdb](?=[{\s\\]))\s?\{?){1,3})
        \\?(?P<letter>[^\W\d_])\}{0,3}
      | \\href\s?\{(?P<target>[^{}\s]{1,2000})\}\s?\{(?P<label>[^{}]{0,2000})\}
      | \\url\s?\{(?P<url>[^{}\s]{1,2000})\}
      | [~ ]?\\(?:[cC]ite[a-z]{0,10}|ref|eqref|label|footnote|thanks|[vh]space)\*?
        \s?(?:\[[^\]]{0,200}\])?\{(?P<dropped>[^{}]{0,500})\}
      | \\(?P<escaped>[%&\#_${}])
      | \\(?P<command>[A-Za-z]{1,30})\*?(?P<gap>\s*)
      | (?P<brace>[{}])
      | (?P<quote>``|''|,,(?=\w))
      | (?P<dash>(?<=[\w\s])-{2,3}(?=[\w\s]))
      | (?P<tie>(?<=[\w.,)])~(?=[\w$\\(\[]))
      | (?P<newline>\\\\|\\\ |\\[,;:!/-])
      """,
    re.VERBOSE,
)
_FONTS = _words(
    "emph textit textbf textsc texttt textrm textsf textsl text mbox hbox underline enquote "
    "mathrm mathbf mathit mathcal mathsf mathtt mathbb bm boldsymbol operatorname rm bf it "
    "sl tt sc sf em textsuperscript textsubscript ensuremath noindent par xspace "
    "footnotesize small displaystyle textstyle big Big bigl bigr item centering"
)
_MATH_TOKEN = re.compile(
    r"\\(?:mathbb|mathbf|mathrm|mathcal|mathit|mathsf|mathtt|text|textrm|textit|textbf|texttt|"
    r"operatorname|bm|boldsymbol|rm|bf|it|cal)(?![A-Za-z])\*?\s?"
    r"|\\(?P<command>[A-Za-z]{1,30})(?P<gap>\s?)|\\(?P<escaped>[%&\#_${}|])|\\(?P<space>[,;:! ])"
)
_SCRIPT = re.compile(r"([_^])(?:\{([^{}]{0,30})\}|(\w|[+\-′*†∗]))")
_SPACE = re.compile(r"\s+")
_HINT = re.compile(r"[\\${}~]|``|''|--")


def to_text(text: str) -> str:
    """Turn LaTeX into plain Unicode on one line.

    Args:
        text: A title, sentence or abstract, with or without LaTeX.

    Returns:
        The text with single spaces; formulas that have no plain form keep their
        dollar signs.
    """
    if not _HINT.search(text):
        return _SPACE.sub(" ", text).strip()
    return _SPACE.sub(" ", "".join(_pieces(text))).strip()


def is_known(command: str) -> bool:
    """Tell whether `to_text` knows a command: a font, a letter or an accent."""
    return command in _FONTS or command in _LETTERS or command in _ACCENTS


def _pieces(text: str) -> list[str]:
    """Convert a text to plain pieces, and formulas left as they are."""
    pieces: list[str] = []
    end = 0
    for match in _MATH.finditer(text):
        body = next(group for group in match.groups() if group is not None)
        plain = _plain_math(body)
        pieces.append(_TOKEN.sub(_plain, text[end : match.start()]))
        if plain is not None:
            pieces.append(plain)
        else:
            # In Markdown `<` could open a tag; the commands mean the same.
            safe = _SPACE.sub(" ", body).strip().replace("<", r"\lt ").replace(">", r"\gt ")
            pieces.append(f"${safe}$")
        end = match.end()
    pieces.append(_TOKEN.sub(_plain, text[end:]))
    return pieces


def _plain(match: re.Match[str]) -> str:
    """Give the plain form of one piece of LaTeX outside formulas."""
    found = match.groupdict()
    if found["accents"]:
        # Of several, as in Vietnamese, the last one stands next to the letter.
        marks = re.findall(r"[^\\{\s]", found["accents"])
        return unicodedata.normalize(
            "NFC", found["letter"] + "".join(_ACCENTS[mark] for mark in reversed(marks))
        )
    if found["target"]:
        return f"{found['label']} ({found['target']})"
    if found["url"]:
        return found["url"]
    if found["escaped"]:
        return found["escaped"]
    if found["command"]:
        return _plain_command(found["command"], found["gap"])
    if found["quote"]:
        return {"``": "“", "''": "”", ",,": "„"}[found["quote"]]
    if found["dash"]:
        return "–" if len(found["dash"]) == 2 else "—"
    return " " if found["tie"] or found["newline"] else ""


def _plain_command(name: str, gap: str) -> str:
    if name in _FONTS:
        return ""
    if name in _LETTERS:
        # TeX takes the space behind `\o` as the end of the command.
        return _LETTERS[name] + ("" if len(name) <= 2 else gap)
    return _MATH_SYMBOLS.get(name, name) + gap


def _plain_math(formula: str) -> str | None:
    """Write a formula without LaTeX, or return None where that would change its meaning."""
    faithful = True

    def symbol(match: re.Match[str]) -> str:
        nonlocal faithful
        if match["escaped"]:
            return match["escaped"]
        if match["space"]:
            return " "
        name = match["command"]
        if name is None:
            return "\N{WORD JOINER}" if match.group().startswith(r"\mathbb") else ""
        if name not in _MATH_SYMBOLS:
            faithful = False
        return _MATH_SYMBOLS.get(name, "") + (match["gap"] or "")

    def script(match: re.Match[str]) -> str:
        nonlocal faithful
        body = match[2] if match[2] is not None else match[3]
        table = _SUPERSCRIPT if match[1] == "^" else _SUBSCRIPT
        raised = body.replace(" ", "").translate(table)
        if match[1] == "^" and body.strip() in ("′", "*", "†", "∗", "∘", "°"):
            return "°" if body.strip() == "∘" else body.strip()
        if any(char.isascii() for char in raised) or not raised:
            faithful = False
        return raised

    plain = _MATH_TOKEN.sub(symbol, formula)
    plain = re.sub("\N{WORD JOINER}\\{?([A-Z])\\}?", lambda m: m[1].translate(_BLACKBOARD), plain)
    plain = _SCRIPT.sub(script, plain)
    plain = plain.replace("{", "").replace("}", "").replace("~", " ")
    if not faithful or re.search(r"[\\^_&$]", plain):
        return None
    return plain
