"""Editor content as Markdown; the expected texts follow the rules of the converter that the editor's flows rely on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.engine.rich_text import is_editor_content, markdown_of


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one<br>two</p>", "one  \ntwo"),
        ("<h1>Title</h1><h2>Part</h2><h3>Bit</h3>", "Title\n=====\n\nPart\n----\n\n### Bit"),
        ("<ul><li>a</li><li>b</li></ul>", "*   a\n*   b"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "*   a\n    \n*   b"),
        ("<ol><li>a</li><li>b</li></ol>", "1.  a\n2.  b"),
        ('<ol start="4"><li>a</li><li>b</li></ol>', "4.  a\n5.  b"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "*   a\n    *   b"),
        ("<p><strong>b</strong> <em>i</em> <code>c</code></p>", "**b** _i_ `c`"),
        ("<p>a <strong> b </strong>c</p>", "a **b** c"),
        ("<p><code>a`b</code></p>", "``a`b``"),
        ('<pre><code class="language-js">let a\n  = 1</code></pre>', "    let a\n      = 1"),
        ("<blockquote><p>q</p><p>r</p></blockquote>", "> q\n> \n> r"),
        ('<p><a href="u">t</a> <a href="v" title="T">w</a></p>', '[t](u) [w](v "T")'),
        ("<p>a</p><hr><p>b</p>", "a\n\n* * *\n\nb"),
        ('<p><img src="s" alt="x"></p>', "![x](s)"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("<p>a   b\n  c</p>", "a b c"),
        ("<p>&lt;x&gt; &amp; _ * # [ ]</p>", "<x> & _ * # [ ]"),
        ("<p></p>", ""),
        ("<p>a</p><p></p><p>b</p>", "a\n\nb"),
        ('<p>Hi <span class="variable" data-id="q">{{ question }}</span> </p>', "Hi {{ question }}"),
        ("  <p>lead</p>", "lead"),
        ("<p>a<p>b", "a\n\nb"),
        ("<p>a</b></p>", "a"),
        ('<p>[{"item":"abc"}]</p>', '[{"item":"abc"}]'),
        ("<div>a<script>x()</script></div>", "a"),
    ],
)
def test_editor_content_becomes_markdown(html: str, markdown: str) -> None:
    assert markdown_of(html) == markdown


@pytest.mark.parametrize("text", ["plain", "a <p>b</p>", "<b>x</b>", "<para>", "", "5 < 6", "{{ question }}", "<pony>"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert not is_editor_content(text)
    assert markdown_of(text) == text


def test_very_deep_content_is_read_all_the_same() -> None:
    depth = 5000

    text = markdown_of("<div>" * depth + "deep" + "</div>" * depth)

    assert text == "deep"


@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<ul>", "<li>", "</li>", "</ul>", "<b>", "</b>", "x", " ", "\n", "<br>", "<pre>", "&amp;"]))
)
def test_any_mixture_of_tags_gives_a_text(pieces: list[str]) -> None:
    text = markdown_of("<p>" + "".join(pieces))

    assert text.count("x") == pieces.count("x")
