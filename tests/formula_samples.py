"""Formulas of many kinds, to compare methods of drawing."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

_CARDS = Path(__file__).resolve().parent.parent / "source" / "cards"
_MATH = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$\n]+)\$", re.DOTALL)

_STRETCHED = r"""
\left( \frac{a}{b} \right)
\left[ \begin{matrix} a \\ b \\ c \\ d \\ e \end{matrix} \right]
\left\{ \sum_{i=1}^{n} x_i \;\middle|\; x > 0 \right\}
\left\langle \frac{\dfrac{p}{q}}{\dfrac{r}{s}} \right\rangle
\left\lVert \begin{pmatrix} 1 \\ 2 \\ 3 \\ 4 \\ 5 \\ 6 \\ 7 \end{pmatrix} \right\rVert
\left\lfloor \frac{n}{2} \right\rfloor
\left\lceil \int_0^1 f \right\rceil
\left. \frac{df}{dx} \right\rvert_{x=0}
\bigl( \Bigl( \biggl( \Biggl( x \Biggr) \biggr) \Bigr) \bigr)
\Biggl\{ \Biggl[ \Biggl\langle x \Biggr\rangle \Biggr] \Biggr\}
\left\uparrow \frac{a}{b} \right\Downarrow
\sqrt{x}
\sqrt{\frac{a}{b}}
\sqrt[3]{\frac{\sqrt{a}}{\sqrt{b}}}
\sqrt{\begin{matrix} a \\ b \\ c \\ d \\ e \\ f \end{matrix}}
\overbrace{a + b + \cdots + z}^{26}
\underbrace{x \times \cdots \times x}_{n\text{ times}}
\overline{AB}
\underline{x + y}
\overrightarrow{AB}
\overleftarrow{abc}
\overleftrightarrow{xyz}
\widehat{xyz}
\widetilde{abc}
\widehat{x}
\overparen{AB}
A \xrightarrow[\text{below}]{\text{long text above}} B
A \xleftarrow{f} B
A \xrightleftharpoons[k]{l} B
\overbracket{abc}
\begin{CD} A @>f>> B \\ @VgVV @VVhV \\ C @>>k> D \end{CD}
"""

_ROWS = r"""
\begin{pmatrix} a & b \\ c & d \end{pmatrix}
\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}
\begin{vmatrix} a & b \\ c & d \end{vmatrix}
\begin{Vmatrix} x \\ y \end{Vmatrix}
\begin{Bmatrix} x & y \end{Bmatrix}
\begin{smallmatrix} a & b \\ c & d \end{smallmatrix}
\begin{cases} x & x \ge 0 \\ -x & x < 0 \end{cases}
\begin{array}{|c|cc|} \hline a & b & c \\ \hline d & e & f \\ \hline \end{array}
\begin{array}{c:c} a & b \\ \hdashline c & d \end{array}
\begin{aligned} a &= b + c \\ &= d + e + f \end{aligned}
\begin{align} a &= b \tag{1} \\ c &= d \tag{2*} \end{align}
\begin{gather} x = 1 \\ y = 2 \end{gather}
x = y \tag{3.1}
\begin{equation} E = mc^2 \label{e} \tag{4} \end{equation}
\begin{multline} a + b + c + d \\ + e + f + g \end{multline}
\begin{alignat}{2} x &= 1 &\quad y &= 2 \\ a &= 3 & b &= 4 \end{alignat}
\begin{rcases} a \\ b \end{rcases} \Rightarrow c
\substack{a \\ b}
\sum_{\substack{0 < i < m \\ 0 < j < n}} P(i, j)
\boxed{E = mc^2}
\fbox{text}
\cancel{x} + \bcancel{y} + \xcancel{z}
\enclose{circle}{x}
\enclose{box,updiagonalstrike}{abc}
\enclose{longdiv}{1234}
\colorbox{yellow}{x + y}
\fcolorbox{red}{white}{x}
\color{red}{x} + \color{blue}{y} + z
\textcolor{#008000}{\frac{a}{b}}
\bbox[5px, border: 2px solid red]{x^2}
\begin{prooftree} \AxiomC{A} \AxiomC{B} \BinaryInfC{A \land B} \end{prooftree}
\cfrac{1}{1 + \cfrac{1}{1 + \cfrac{1}{x}}}
"""

_SIGNS = r"""
a + b - c \times d \div e \pm f \mp g \cdot h \ast i \star j \circ k \bullet l
\le \ge \ne \ll \gg \approx \sim \simeq \equiv \cong
\in \notin \ni \subset \subseteq \supset \supseteq \cup \cap \setminus \emptyset \varnothing
\forall \exists \nexists \neg \land \lor
\to \mapsto \leftarrow \Rightarrow \Leftrightarrow \iff \implies \longrightarrow \hookrightarrow \rightsquigarrow
\sum \prod \coprod \int \iint \iiint \oint \bigcup \bigcap \bigoplus \bigotimes \bigvee \bigwedge
\infty \partial \nabla \hbar \ell \wp \Re \Im \aleph
\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu
\nu \xi \pi \varpi \rho \varrho \sigma \varsigma \tau \upsilon \phi \varphi \chi \psi \omega
\Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega
\hat{a} \bar{b} \tilde{c} \vec{d} \dot{e} \ddot{f} \check{g} \acute{h} \grave{i} \breve{j} \mathring{k}
\not\subset \not\equiv \not\le \nless \ngeq \nsubseteq \nmid \nparallel
x' + y'' + z''' + w''''
\dots \cdots \vdots \ddots \ldots
\uparrow \downarrow \updownarrow \nearrow \searrow \swarrow \nwarrow
\triangle \square \lozenge \blacksquare \bigstar \diamondsuit \heartsuit \clubsuit \spadesuit
\lessapprox \gtrsim \preceq \succeq \vdash \models \Vdash \bowtie \propto \perp \parallel \asymp \doteq
\ulcorner x \urcorner \llcorner y \lrcorner
\text{if } x \text{ and only if } y
\text{größer als naïve façade}
\text{Привет, мир}
\text{a­b ⚫ ♈ ◽ ⌚ ⭐}
\ominus \circledast \circledcirc \circleddash \boldsymbol{\bigcirc} \mathbf{\Theta} \mathsf{O} \mathbfsf{4}
\text{abc } \textbf{bold} \textit{italic} \texttt{mono} \textsf{sans}
\operatorname{softmax}(z)_i
\operatorname*{arg\,max}_{\theta} L(\theta)
\lim_{n \to \infty} \sup_{x} \max_i \Pr(x)
\log \sin \cosh \det \ker \dim \gcd
\mathbb{1}_{x > 0}
\mathbb{RQZNCE}
\mathbf{AaBb12}
\mathcal{ABCLN}
\mathscr{ABCLF}
\mathfrak{ABCabc}
\mathsf{AaBb12}
\mathtt{AaBb12}
\mathit{AaBb}
\mathrm{AaBb12}
\boldsymbol{\alpha x + \beta}
\pmb{x}
\mathbf{\Gamma}
\bf{x}
\ce{2H2 + O2 -> 2H2O}
\ce{SO4^2-}
\pu{5 m/s^2}
\mathbin{\rlap{/}{=}}
\tiny{x} \small{y} \normalsize{z} \large{u} \LARGE{v} \Huge{w}
{\scriptstyle x} {\scriptscriptstyle y}
x^{y^{z^{w}}}
x_{i_{j_k}}
{}_{a}^{b}X_{c}^{d}
\underset{x}{\arg\min} \overset{!}{=} \stackrel{\text{def}}{=}
\binom{n}{k} \tbinom{n}{k} \dbinom{n}{k}
\left.\binom{n}{k}\right.
a \bmod b \pmod{n}
\phantom{xx} y \hphantom{z} w
1234567890
3.14 \times 10^{-5}
50\,\%
\$5
\# \& \_ \{ \}
25\,^\circ\text{C}
f\colon X \to Y
\lvert x \rvert \lVert y \rVert
\langle u, v \rangle
"""

_ATOMS = ("x", r"\alpha", r"\mathbf{w}", "12", r"\hat{y}", r"\operatorname{Var}(X)")
_SHAPES = (
    r"\frac{%a}{%b}",
    r"%a^{%b}_{i}",
    r"\sqrt{%a + %b}",
    r"\int_{%a}^{\infty} %b \, dx",
    r"\left( \frac{%a}{2} - %b \right)^2",
    r"\begin{bmatrix} %a & %b \\ 0 & %a \end{bmatrix}",
)


def samples() -> list[tuple[str, bool]]:
    """Formulas, each with whether it is displayed: the shipped deck's, and others of many kinds."""
    found: dict[tuple[str, bool], None] = {}
    for path in sorted(_CARDS.glob("*.yaml")):
        for match in _MATH.finditer(path.read_text(encoding="utf-8")):
            found[(match["display"] or match["inline"]).strip(), bool(match["display"])] = None
    for text in (_STRETCHED, _ROWS, _SIGNS):
        for number, formula in enumerate(text.strip().split("\n")):
            found[formula.strip(), number % 3 != 2] = None
    for number, (shape, first, second) in enumerate(product(_SHAPES, _ATOMS, _ATOMS)):
        if number % 3 == 0:
            found[shape.replace("%a", first).replace("%b", second), number % 2 == 0] = None
    return list(found)
