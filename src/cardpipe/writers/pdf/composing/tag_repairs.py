"""Repair an engine's tags where they are wrong or violate PDF/UA (ISO 14289-1).

A list contains only items, and an item a label and a body. A link is one annotation in one element; the engine writes
one for each part of its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    import pikepdf

FORMULA: Final = "\ue000"
"""A private character that begins a formula's alternative text, since the engine tags formulas as figures."""
_IN_LISTS: Final = frozenset({"/LI", "/L", "/Caption"})
_IN_ITEMS: Final = frozenset({"/Lbl", "/LBody"})
_NOTHING_WITHOUT_KIDS: Final = frozenset({"/Link", "/Span", "/NonStruct"})
_NEAR: Final = 1.0
"""The tolerance in points of a part of a link beyond it."""


def as_formula(figure: pikepdf.Object) -> None:
    """Tag a figure as a formula if its alternative text has the prefix."""
    import pikepdf

    words = str(figure.get("/Alt", ""))
    if words.startswith(FORMULA):
        figure.S = pikepdf.Name.Formula
        figure.Alt = pikepdf.String(words.removeprefix(FORMULA))


def kids(element: pikepdf.Object) -> list[pikepdf.Object]:
    """Return the child elements."""
    return [kid for kid in _all_kids(element) if _is_element(kid)]


def without_wrappers(element: pikepdf.Object) -> None:
    """Leave only items below a list: HTML allows other elements around or between them, PDF does not."""
    import pikepdf

    items: list[pikepdf.Object] = []
    for kid in kids(element):
        for item in kids(kid) if kid.get("/S") in {pikepdf.Name.Div, pikepdf.Name.NonStruct} else [kid]:
            bodies = kids(items[-1]) if items else []
            if str(item.get("/S")) not in _IN_LISTS and bodies:
                # Content between two items, such as a dot, belongs to the first of them.
                item.P = bodies[-1]
                bodies[-1].K.append(item)
            else:
                item.P = element
                items.append(item)
    element.K = pikepdf.Array(items)


def with_body(item: pikepdf.Object, out: pikepdf.Pdf) -> None:
    """Leave only a label and bodies below an item."""
    import pikepdf

    made = []
    for kid in _all_kids(item):
        if _is_element(kid) and str(kid.get("/S")) in _IN_ITEMS:
            made.append(kid)
            continue
        body = pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.LBody, P=item, K=pikepdf.Array([kid]))
        if "/Pg" in item:
            body.Pg = item.Pg
        made.append(out.make_indirect(body))
        if _is_element(kid):
            kid.P = made[-1]
    item.K = pikepdf.Array(made)


def with_links_once(pages: Sequence[pikepdf.Page], owners: MutableMapping[int, pikepdf.Object]) -> None:
    """Make each link one annotation, in the element of the whole link.

    `owners` are the elements by the structure parent number of their annotation; entries of removed annotations are
    removed too.
    """
    import pikepdf

    for page in pages:
        notes = list(page.get("/Annots", ()))
        kept = []
        for note in notes:
            number = int(note.get("/StructParent", -1))
            link = _link_above(owners[number]) if number in owners else None
            if link is None or link.objgen == owners[number].objgen:
                kept.append(note)
                continue
            references = _taken_out(owners[number], note)
            if any(_is_part(note, other) for other in notes if _owner(other, owners) == link.objgen):
                del owners[number]
                continue
            link.K = pikepdf.Array([*_all_kids(link), *references])
            owners[number] = link
            kept.append(note)
        if notes:
            page.Annots = pikepdf.Array(kept)


def without_lost(tops: Sequence[pikepdf.Object], pages: Sequence[pikepdf.Page]) -> None:
    """Remove references to annotations that are on no page, and elements that become empty."""
    import pikepdf

    there = {note.objgen for page in pages for note in page.get("/Annots", ())}
    order, waiting = [], list(tops)
    while waiting:
        order.append(waiting.pop())
        waiting += kids(order[-1])
    gone: set[tuple[int, int]] = set()
    for element in reversed(order):  # children come before their parents
        before = _all_kids(element)
        after = [kid for kid in before if not _is_lost(kid, there) and not (_is_element(kid) and kid.objgen in gone)]
        if len(after) < len(before):
            element.K = pikepdf.Array(after)
        if not after and str(element.S) in _NOTHING_WITHOUT_KIDS:
            gone.add(element.objgen)


def _all_kids(element: pikepdf.Object) -> list[pikepdf.Object]:
    """Return child elements, references to annotations, and marked-content identifiers."""
    import pikepdf

    found = element.get("/K")
    if found is None:
        return []
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def _is_element(kid: pikepdf.Object) -> bool:
    import pikepdf

    return isinstance(kid, pikepdf.Dictionary) and "/S" in kid


def _is_reference(kid: pikepdf.Object) -> bool:
    import pikepdf

    return isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == pikepdf.Name.OBJR


def _is_lost(kid: pikepdf.Object, there: set[tuple[int, int]]) -> bool:
    return _is_reference(kid) and kid.Obj.objgen not in there


def _link_above(element: pikepdf.Object) -> pikepdf.Object | None:
    """Return the link that an element is, or is in."""
    above: pikepdf.Object | None = element
    while above is not None and _is_element(above):
        if str(above.S) == "/Link":
            return above
        above = above.get("/P")
    return None


def _owner(note: pikepdf.Object, owners: MutableMapping[int, pikepdf.Object]) -> tuple[int, int] | None:
    found = owners.get(int(note.get("/StructParent", -1)))
    return None if found is None else found.objgen


def _taken_out(element: pikepdf.Object, note: pikepdf.Object) -> list[pikepdf.Object]:
    """Remove the references of an element to an annotation."""
    import pikepdf

    found: list[pikepdf.Object] = []
    left: list[pikepdf.Object] = []
    for kid in _all_kids(element):
        (found if _is_reference(kid) and kid.Obj.objgen == note.objgen else left).append(kid)
    element.K = pikepdf.Array(left)
    return found


def _is_part(note: pikepdf.Object, other: pikepdf.Object) -> bool:
    """Return whether an annotation has the target of another, and is within it."""
    if any(note.get(key) != other.get(key) for key in ("/Dest", "/A")):
        return False
    left, bottom, right, top = _sides(note)
    whole = _sides(other)
    return left > whole[0] - _NEAR and bottom > whole[1] - _NEAR and right < whole[2] + _NEAR and top < whole[3] + _NEAR


def _sides(note: pikepdf.Object) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(side) for side in note.Rect)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)
