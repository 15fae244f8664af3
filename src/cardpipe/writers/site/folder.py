"""All files of a site: shared files, pages, data, the worker for use offline."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cardpipe.model.deck import Status
from cardpipe.model.languages import direction
from cardpipe.text.escaping import line
from cardpipe.writers.api import Artefact
from cardpipe.writers.page.document import stylesheet
from cardpipe.writers.page.id_style import id_style
from cardpipe.writers.page.math_fonts import SharedFormulas, is_formula
from cardpipe.writers.site.content_names import content_name, digest_of, modules, own_bytes, own_file, own_names
from cardpipe.writers.site.data import as_json, characters_of, site_data
from cardpipe.writers.site.drawings import site_drawings
from cardpipe.writers.site.fonts import licences, text_fonts, text_rule
from cardpipe.writers.site.kept_pages import KeptPage, KeptPages
from cardpipe.writers.site.offline import offline_files
from cardpipe.writers.site.pages import SharedFiles, SitePages, path_of
from cardpipe.writers.site.paths import card_path, deck_path, file_of
from cardpipe.writers.site.pictures import preview
from cardpipe.writers.site.releases import moment
from cardpipe.writers.templating import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cardpipe.writers.api import Memory, RenderedCard, RenderedDeck

FOLDER: Final = "site"
_ICONS: Final = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable.png", 512, "maskable"))
"""File, size in pixels and purpose of the icons of the installed site."""
_PAPER, _INK_BLUE = "#ffffff", "#1f4e79"


def site(deck: RenderedDeck, progress: Callable[[int, int], None], memory: Memory | None) -> tuple[Artefact, ...]:
    """Return all files, the start page first; raises RenderError if a text refers to a missing asset."""
    files = _Site(deck, memory).files(progress)
    root = f"{FOLDER}{deck.settings.suffix}"
    return tuple(
        Artefact(f"{root}/{path}", file) if isinstance(file, bytes) else file.artefact(f"{root}/{path}")
        for path, file in files.items()
    )


class _Site:
    def __init__(self, deck: RenderedDeck, memory: Memory | None) -> None:
        self.deck = deck
        self.memory = memory
        self.formulas = SharedFormulas(deck.assets, memory)
        self.kept_pages = KeptPages(memory, deck.settings.suffix)
        self.drawings = site_drawings(deck, self.kept_pages)
        files = {name: drawing.name for name, drawing in self.drawings.items()}
        self.pages = SitePages(deck, self.formulas, files, memory)
        self.data = site_data(deck, self.pages.cards, self.pages.inputs, files, memory)
        self.files_by_path: dict[str, bytes | KeptPage] = {}
        self.first: list[str] = ["", "search/", "study/", "404.html"]
        """The paths that are kept for use offline from the first visit."""
        self.dated: list[tuple[str, str]] = []
        """The pages of the site map, each with its day."""

    def files(self, progress: Callable[[int, int], None]) -> Mapping[str, bytes | KeptPage]:
        """Return all files by path."""
        pages, found = self.pages, self.files_by_path
        icons = self._add_shared()
        found["cards.json"] = self.data.cards
        self._add_page("", pages.index(), self._day(pages.cards))
        shell = digest_of([pages.shell_inputs.encode("utf-8", "surrogatepass")])
        inputs = pages.inputs
        for number, card in enumerate(self.deck.cards):
            progress(number, len(self.deck.cards))
            pages.used_assets.update(self._assets_of(card))
            self._add_kept(
                card_path(card.id),
                (shell, inputs[card.id], pages.page_inputs(card)),
                partial(pages.card, card),
                self._day([card]),
            )
            picture = pages.drawn_picture(card) if card.status is not Status.RETIRED else None
            if picture is not None:
                found[picture.path] = self.kept_pages.page(picture.path, picture.texts, picture.draw)
        for tag in pages.tags:
            for page in pages.tag_pages(tag):
                about = repr((tag.name, tag.description, len(tag.cards), pages.tag_files[tag.name], page.count))
                self._add_kept(
                    page.path,
                    (shell, about, *(inputs[card.id] for card in page.cards)),
                    partial(pages.tag, page),
                    self._day(page.cards),
                )
        for group in pages.groups:
            self._add_kept(
                deck_path(group.label),
                (shell, pages.subdeck_inputs(group)),
                partial(pages.subdeck, group),
                self._day(group.cards),
            )
        self.kept_pages.save()
        for path, html in (
            ("search/", pages.search()),
            ("study/", pages.study()),
            ("releases/", pages.release_list()),
            ("licences/", self._licence_page()),
        ):
            self._add_page(path, html, self._day(()))
        found["404.html"] = pages.missing().encode()
        for name in sorted(pages.used_assets):
            drawing = self.drawings.get(name)
            if drawing is None:
                found[f"assets/{name}"] = self.deck.assets[name].data
            else:
                found[f"assets/{drawing.name}"] = drawing.file
        found["manifest.webmanifest"] = self._manifest(icons)
        found["robots.txt"] = self._robots()
        if pages.base:
            found["sitemap.xml"] = render(
                "site/sitemap.xml", self.deck.settings.language.text, base=pages.base, pages=self.dated
            ).encode()
            if pages.has_feed:
                found["releases.atom"] = pages.feed().encode()
        found.update(offline_files(self.deck.settings.uid.text, found, self.first))
        progress(len(self.deck.cards), len(self.deck.cards))
        return {"index.html": found["index.html"], **found}

    def _add_shared(self) -> list[dict[str, str]]:
        """Add the files that pages share, and set their paths; returns the icons of the manifest."""
        scripts = {
            name: self._asset(f"assets/{file}", data)
            for name, (file, data) in modules({name: own_file(name) for name in own_names(".js")}).items()
        }
        icons = [
            {
                "src": self._named("assets/icon.png", own_bytes(file)),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for file, size, purpose in _ICONS
        ]
        shared = SharedFiles(
            scripts=scripts,
            style=self._named("assets/site.css", self._style().encode()),
            study_style=self._named("assets/study.css", own_file("study.css").encode()),
            study_data=self._named("data/study.json", self.data.study),
            search_data=self._named("data/search.json", self.data.search),
            icon=self._named("assets/icon.svg", own_file("icon.svg").encode()),
            touch_icon=self._named("assets/icon.png", own_bytes("icon-touch.png")),
            preview=self._named("assets/preview.png", preview(line(self.deck.settings.name.text), self.memory)),
        )
        self.pages.use(shared)
        return icons

    def _style(self) -> str:
        """Return the style of all pages; adds the fonts."""
        about = self.deck.settings
        words = [about.name.text, self.deck.description, *(author.text for author in about.authors)]
        words.extend(text for tag in about.tags for text in (tag.name.text, tag.description.text))
        words.extend(subdeck.name.text for subdeck in about.subdecks)
        words.extend(about.catalogue.characters)
        shown = self.data.characters | characters_of(self.pages.retired) | set().union(*words)
        fonts = text_fonts(shown, self.memory)
        text = "".join(text_rule(font, self._font(name, data)) for name, (font, data) in fonts.items())
        formulas = self.formulas.style(
            {
                letter: self._font(f"math-{letter}", self.formulas.font(letter, self.memory))
                for letter in self.formulas.letters
            }
        )
        shared = stylesheet("common") + stylesheet("texts")
        styles = f"{self.deck.math_style}{self.deck.code_style}{self.deck.note_style}"
        own = f"{shared}{styles}{own_file('site.css')}{id_style(self.deck)}"
        return f"{text}{formulas}{own}{dark_style(own_file('dark.css'), self.deck.code_style_dark)}"

    def _font(self, name: str, data: bytes) -> str:
        """Add a font; returns its address in style sheets, which are in the same folder."""
        return self._named(f"assets/{name}.woff2", data).removeprefix("assets/")

    def _asset(self, path: str, data: bytes) -> str:
        self.files_by_path[path] = data
        self.first.append(path)
        return path

    def _named(self, path: str, data: bytes) -> str:
        folder, _, name = path.rpartition("/")
        return self._asset(f"{folder}/{content_name(name, data)}", data)

    def _add_page(self, path: str, page: str, day: str) -> None:
        self.files_by_path[file_of(path)] = page.encode()
        self.dated.append((quote(path), day))

    def _add_kept(self, path: str, inputs: Sequence[str], make: Callable[[], str], day: str) -> None:
        """Add a page that is taken from the cache if it was written with the same inputs."""
        self.files_by_path[file_of(path)] = self.kept_pages.page(path, inputs, lambda: make().encode())
        self.dated.append((quote(path), day))

    def _assets_of(self, card: RenderedCard) -> list[str]:
        """Return the files that the page of a card shows."""
        if card.status is Status.RETIRED:
            return []
        return [name for name in card.assets if not is_formula(name) and name in self.deck.assets]

    def _day(self, cards: Iterable[RenderedCard]) -> str:
        """Return the day on which one of the cards last changed in a release; of no cards, that of the last release."""
        lock = self.deck.settings.lock
        if lock is None:
            return ""
        times = [lock.cards[card.id].mod if card.id in lock.cards else lock.time for card in cards]
        return moment(max(times, default=lock.time))[:10]

    def _licence_page(self) -> str:
        found = licences(self.formulas.letters)
        for licence in found:
            text = licence.text
            if text is not None:
                self.files_by_path[f"licences/{licence.file}"] = text
        return self.pages.licences(found)

    def _manifest(self, icons: list[dict[str, str]]) -> bytes:
        about = self.deck.settings
        name = line(about.name.text)
        return as_json(
            {
                "name": name,
                "short_name": name if len(name) <= 12 else name.split()[0][:12],
                "lang": about.language.text,
                "dir": direction(about.language.text),
                "id": "./",
                "start_url": "./",
                "scope": "./",
                "display": "standalone",
                "background_color": _PAPER,
                "theme_color": _INK_BLUE,
                "icons": icons,
            }
        )

    def _robots(self) -> bytes:
        about, base = self.deck.settings, self.pages.base
        place = path_of(base) if base else "/"
        rule = f"Allow: {place}" if about.site.robots else f"Disallow: {place}"
        rest = f"Sitemap: {base}sitemap.xml\n" if base and about.site.robots else ""
        return f"User-agent: *\n{rule}\n{rest}".encode()


def dark_style(own: str, code: str) -> str:
    """Return the style of dark mode, for readers whose system or whose switch asks for it.

    Each rule of `own` begins with `:root`, each of `code` with `.highlight`, on a line of its own.
    """
    rules = own + "".join(f":root {rule}\n" for rule in code.splitlines() if rule.strip())
    by_system = rules.replace(":root", ':root:not([data-theme="light"])')
    by_switch = rules.replace(":root", ':root[data-theme="dark"]')
    return f"@media screen and (prefers-color-scheme: dark) {{\n{by_system}}}\n@media screen {{\n{by_switch}}}\n"
