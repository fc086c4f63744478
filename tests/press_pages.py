"""Made-up web pages: a story with what a site puts around it, and pages made to break whoever reads them."""

PARAGRAPHS = (
    "The harbour master of Exeport told the Example Herald on Friday that no ship had left since the storm.",
    "“We have counted them twice,” the harbour master said. “Nobody has gone out, and nobody will before Monday.”",
    "A fisher said that two boats did go out on Thursday, and that she had seen them come back in the evening.",
)
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
HEAD = (
    "<title>No ship has left the harbour</title>"
    '<meta property="og:site_name" content="Example Herald">'
    '<link rel="canonical" href="https://herald.example.com/a/harbour">'
)
TIME = '<meta property="article:published_time" content="2026-11-20T08:30:00+02:00">'


def page(head: str = HEAD + TIME, body: str = BODY) -> bytes:
    """A page with navigation above the story and a notice below it."""
    nav = '<nav><a href="/">Home</a> <a href="/w">World</a></nav>'
    article = f"<article><h1>No ship has left the harbour</h1>{body}</article>"
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body>{nav}{article}<footer>© 2026</footer></body></html>".encode()
    )


def _filled(unit: str, size: int = 1_000_000) -> str:
    return unit * (size // len(unit))


HARMLESS = {
    "nested deeply": "<html><body>" + _filled("<div>"),
    "nested tables": "<html><body>" + _filled("<table><tr><td>"),
    "an endless attribute": f"<html><body><p a='{_filled('x')}'>{BODY}",
    "entities in entities": "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9))
    + f"]><html><body><p>&j;</p>{BODY}</body></html>",
    "an outside entity": f"<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><html><body><p>&x;</p>{BODY}",
    "comments": "<html><body>" + _filled("<!-- x -->") + BODY,
    "scripts": f"<html><head>{_filled('<script>x</script>', 200_000)}</head><body>{BODY}",
    "nothing": "<html></html>",
    "brackets": "<html>" + _filled("<"),
    "data nested in data": "<html><head><script type='application/ld+json'>" + _filled('{"a":[') + f"</script>{BODY}",
}
"""Pages that take a moment, whatever becomes of them."""

TOO_LARGE = "<html><body><p>" + _filled("word<br>", 4_999_000)
"""A page of which the tree alone takes more memory than a page may."""

TOO_SLOW = "<html><body><p " + " ".join(f"a{i}='1'" for i in range(40_000)) + ">x</p>"
"""A page on which a parser works for several seconds: it compares each attribute with all others."""
