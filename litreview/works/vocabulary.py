"""The words that queries are made of: fields, categories, stop words, synonyms."""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

# What people write in front of a colon, and the prefix that arXiv knows.
SEARCH_FIELDS = {
    "all": "all", "any": "all",
    "ti": "ti", "title": "ti",
    "au": "au", "author": "au", "authors": "au",
    "abs": "abs", "abstract": "abs",
    "cat": "cat", "category": "cat",
    "co": "co", "comment": "co",
    "jr": "jr", "journal": "jr", "venue": "jr",
    "rn": "rn", "report": "rn",
    "id": "id", "arxiv": "id",
    "doi": "doi",
    "since": "since", "after": "since", "from": "since",
    "until": "until", "before": "until", "to": "until",
    "year": "year", "date": "year",
}  # fmt: skip

# Function words, and the words in which people ask: never required, and not looked for.
STOP_WORDS = frozenset(
    "a an and are as at be been but by for from has have how in into is it its not of on or over "
    "than that the their there these this those to under upon using via was were what which with "
    "who whom whose why when where whether can could may might must shall should will would do "
    "does did done am i me my we us our you your he she they them any some such also about "
    "please find show tell give want need looking interested concerning regarding "
    "article articles paper papers "
    "und der die das ein eine mit für oder wie was wird werden ist sind von zu im den".split()
)

# What says least in a request for works, the least telling first; the key is the stem.
GENERIC_WORDS = {
    word: rank
    for rank, word in enumerate(
        "use model method approach result propos base present show data perform new paper work "
        "studi problem system analysi algorithm differ applic develop techniqu evalu learn task "
        "improv effect provid general framework research process exist novel experi recent way "
        "deal discuss describ comput design program implement good best better various type "
        "number set exampl case relat inform".split()
    )
}

# The stems that most abstracts on learning and language hold besides, the commonest first, as
# counted in 3,900 of them: nearly half hold the first, one in twenty the last.
FREQUENT_WORDS = {
    word: rank
    for rank, word in enumerate(
        (
            "network train neural state more demonstr two both one deep dataset generat howev "
            "between achiev art time well imag larg high compar other requir featur while onli "
            "all signific introduc effici challeng mani optim each function represent first "
            "most architectur structur real make includ object predict appli classif sampl "
            "import distribut complex accuraci input machin addit specif through space sever "
            "direct natur test increas limit then success allow outperform simpl order domain "
            "term without level combin previous particular multipl current address paramet "
            "convolut scale further world control understand given standard adversari empir "
            "experiment similar human three observ layer gradient consid languag practic obtain "
            "estim user enabl wide knowledg multi call focus consist benchmark avail often "
            "final singl detect measur even class point environ robust oper same dure non "
            "identifi lead reduc veri extens adapt activ dynam issu valu common repres low solv "
            "explor investig reinforc infer end label theoret possibl power linear rang across "
            "solut classifi like weight due supervis key field properti qualiti build loss "
            "small approxim rate local map abl output condit support analyz produc form attent "
            "cost becom variat capabl select thus aim known visual encod suggest futur depend "
            "error text abil potenti extract interact baselin step recognit random popular "
            "strategi shown main target sourc tradit chang factor decis technolog sequenc "
            "connect context second size captur behavior automat continu mean collect embed "
            "defin dimension integr transform memori mechan long interest find varieti simul "
            "goal polici agent area"
        ).split()
    )
}

# Only what is surely the same; the first form is the one that people search for most.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("summarization", "summarisation"),
    ("tokenization", "tokenisation"),
    ("regularization", "regularisation"),
    ("optimization", "optimisation"),
    ("pretraining", "pre training"),
    ("pretrained", "pre trained"),
    ("finetuning", "fine tuning"),
    ("question answering", "qa"),
    ("named entity recognition", "ner"),
    ("natural language processing", "nlp"),
    ("natural language inference", "nli", "textual entailment"),
    ("neural machine translation", "nmt"),
    ("machine translation", "mt"),
    ("large language models", "large language model", "llms", "llm"),
    ("retrieval augmented generation", "rag"),
    ("sequence to sequence", "seq2seq"),
    ("recurrent neural network", "rnn", "rnns"),
    ("convolutional neural network", "cnn", "cnns"),
    ("long short term memory", "lstm"),
    ("gated recurrent unit", "gru"),
    ("word embeddings", "word vectors"),
    ("speech recognition", "asr"),
    ("reinforcement learning", "rl"),
    ("graph neural network", "gnn", "gnns"),
)

# Reference: https://arxiv.org/category_taxonomy
CATEGORIES: dict[str, tuple[str, ...]] = {
    "cs": tuple(
        "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE "
        "NI OH OS PF PL RO SC SD SE SI SY".split()
    ),
    "econ": ("EM", "GN", "TH"),
    "eess": ("AS", "IV", "SP", "SY"),
    "math": tuple(
        "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT "
        "SG SP ST".split()
    ),
    "astro-ph": ("CO", "EP", "GA", "HE", "IM", "SR"),
    "cond-mat": ("dis-nn", "mes-hall", "mtrl-sci", "other", "quant-gas", "soft", "stat-mech",
                 "str-el", "supr-con"),
    "nlin": ("AO", "CD", "CG", "PS", "SI"),
    "physics": tuple(
        "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph "
        "flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph "
        "space-ph".split()
    ),
    "q-bio": ("BM", "CB", "GN", "MN", "NC", "OT", "PE", "QM", "SC", "TO"),
    "q-fin": ("CP", "EC", "GN", "MF", "PM", "PR", "RM", "ST", "TR"),
    "stat": ("AP", "CO", "ME", "ML", "OT", "TH"),
    "gr-qc": (),
    "hep-ex": (),
    "hep-lat": (),
    "hep-ph": (),
    "hep-th": (),
    "math-ph": (),
    "nucl-ex": (),
    "nucl-th": (),
    "quant-ph": (),
}  # fmt: skip
