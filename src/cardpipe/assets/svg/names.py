"""The allow-lists of SVG elements and attributes (SVG 1.1, SVG 2, and additions of editors)."""

from __future__ import annotations

from typing import Final

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
XML: Final = "http://www.w3.org/XML/1998/namespace"

ANIMATIONS: Final = frozenset(["animate", "animateColor", "animateMotion", "animateTransform", "set"])
GRADIENTS: Final = frozenset(["linearGradient", "radialGradient", "meshgradient", "hatch", "solidColor"])
PICTURES: Final = frozenset(["image", "feImage"])
TEXTS: Final = frozenset(["text", "tspan", "textPath"])
SHAPES: Final = frozenset(["path", "rect", "circle", "ellipse", "line", "polyline", "polygon", *TEXTS])

ELEMENTS: Final = frozenset(
    [
        *("svg", "g", "defs", "symbol", "use", "switch", "a", "view", "title", "desc", "metadata", "style"),
        *("pattern", "clipPath", "mask", "marker", "stop", "meshrow", "meshpatch", "hatchpath", "mpath", "image"),
        *("filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix"),
        *("feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB"),
        *("feFuncG", "feFuncR", "feGaussianBlur", "feImage", "feMerge", "feMergeNode", "feMorphology", "feOffset"),
        *("fePointLight", "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence"),
        *("font", "font-face", "font-face-src", "font-face-name", "glyph", "missing-glyph", "hkern", "vkern"),
        *("flowRoot", "flowRegion", "flowPara", "flowSpan", "flowDiv", "flowLine"),
        *SHAPES,
        *GRADIENTS,
        *ANIMATIONS,
    ]
)
"""Allowed elements: none runs code (`script`, `handler`), loads (`font-face-uri`, `cursor`, `tref`) or embeds HTML."""

DRAWN_AS_STYLE: Final = frozenset(
    [
        *("alignment-baseline", "baseline-shift", "block-progression", "clip", "clip-path", "clip-rule", "color"),
        *("color-interpolation", "color-interpolation-filters", "color-profile", "color-rendering", "cursor"),
        *("direction", "display", "dominant-baseline", "enable-background", "fill", "fill-opacity", "fill-rule"),
        *("filter", "flood-color", "flood-opacity", "font", "font-family", "font-feature-settings", "font-kerning"),
        *("font-size", "font-size-adjust", "font-stretch", "font-style", "font-variant", "font-variant-ligatures"),
        *("font-variation-settings", "font-weight", "glyph-orientation-horizontal", "glyph-orientation-vertical"),
        *("image-rendering", "inline-size", "isolation", "kerning", "letter-spacing", "lighting-color", "line-height"),
        *("marker", "marker-end", "marker-mid", "marker-start", "mask", "mask-type", "mix-blend-mode", "opacity"),
        *("overflow", "paint-order", "pointer-events", "shape-inside", "shape-padding", "shape-rendering"),
        *("shape-subtract", "solid-color", "solid-opacity", "stop-color", "stop-opacity", "stroke"),
        *("stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
        *("stroke-opacity", "stroke-width", "style", "tab-size", "text-align", "text-anchor", "text-decoration"),
        *("text-indent", "text-orientation", "text-overflow", "text-rendering", "text-shadow", "transform"),
        *("transform-box", "transform-origin", "unicode-bidi", "vector-effect", "visibility", "white-space"),
        *("word-spacing", "writing-mode", "xml-space", "gradientTransform", "patternTransform"),
    ]
)
"""Attributes whose values are CSS."""

PLAIN: Final = frozenset(
    [
        *("id", "class", "lang", "tabindex", "role", "version", "baseProfile", "contentScriptType", "contentStyleType"),
        *("requiredExtensions", "requiredFeatures", "systemLanguage", "externalResourcesRequired", "focusable"),
        *("viewBox", "preserveAspectRatio", "zoomAndPan", "viewTarget", "x", "y", "z", "width", "height", "type"),
        *("media", "title", "target", "rel", "download", "hreflang", "crossorigin", "decoding"),
        *("cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2", "fx", "fy", "fr", "d", "points", "pathLength", "offset"),
        *("dx", "dy", "rotate", "textLength", "lengthAdjust", "startOffset", "method", "spacing", "side", "path"),
        *("gradientUnits", "spreadMethod", "patternUnits", "patternContentUnits", "clipPathUnits", "maskUnits"),
        *("maskContentUnits", "markerHeight", "markerUnits", "markerWidth", "orient", "refX", "refY", "filterUnits"),
        *("primitiveUnits", "filterRes", "hatchUnits", "hatchContentUnits", "pitch"),
        *("in", "in2", "result", "mode", "values", "operator", "k1", "k2", "k3", "k4", "order", "kernelMatrix"),
        *("divisor", "bias", "targetX", "targetY", "edgeMode", "kernelUnitLength", "preserveAlpha", "surfaceScale"),
        *("diffuseConstant", "specularConstant", "specularExponent", "limitingConeAngle", "pointsAtX", "pointsAtY"),
        *("pointsAtZ", "azimuth", "elevation", "scale", "xChannelSelector", "yChannelSelector", "stdDeviation"),
        *("radius", "baseFrequency", "numOctaves", "seed", "stitchTiles", "tableValues", "slope", "intercept"),
        *("amplitude", "exponent", "no-composite"),
        *("accumulate", "additive", "attributeName", "attributeType", "begin", "by", "calcMode", "dur", "end", "fill"),
        *("from", "keyPoints", "keySplines", "keyTimes", "max", "min", "origin", "repeatCount", "repeatDur"),
        *("restart", "to"),
        *("accent-height", "alphabetic", "arabic-form", "ascent", "bbox", "cap-height", "descent", "g1", "g2"),
        *("glyph-name", "hanging", "horiz-adv-x", "horiz-origin-x", "horiz-origin-y", "ideographic", "k"),
        *("mathematical", "name", "overline-position", "overline-thickness", "panose-1", "slope", "stemh", "stemv"),
        *("strikethrough-position", "strikethrough-thickness", "u1", "u2", "underline-position"),
        *("underline-thickness", "unicode", "unicode-range", "units-per-em", "v-alphabetic", "v-hanging"),
        *("v-ideographic", "v-mathematical", "vert-adv-y", "vert-origin-x", "vert-origin-y", "widths", "x-height"),
        # Additions of editors that no renderer reads: draw.io, Iconfont, Illustrator, Sketch, Gnuplot, MathJax.
        *("content", "host", "agent", "etag", "modified", "p-id", "t", "xmlns", "space", "vectornator", "nodetypes"),
        *("cc", "rdf", "sketch", "serif", "pagealignment", "stroke-alignment", "text-knockout", "font-face"),
        *("solid-fill", "ill-opacity", "nonzero", "size", "generator", "desc", "label", "shape", "alt", "background"),
        *("stroke-position", "enableBackground", "xmlSpace", "userSpaceOnUse", "border-radius", "margin", "padding"),
    ]
) - {"fill", "background"}
"""Attributes whose values are names, numbers and words."""

ANIMATED: Final = DRAWN_AS_STYLE - {"style", "clip-path", "cursor", "filter", "mask"} | frozenset(
    [
        *("cx", "cy", "d", "dx", "dy", "fx", "fy", "height", "offset", "pathLength", "points", "r", "rotate", "rx"),
        *("ry", "startOffset", "stdDeviation", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2", "fr"),
        *("baseFrequency", "refX", "refY", "scale", "seed", "radius", "k1", "k2", "k3", "k4", "textLength"),
        *("tableValues", "values", "azimuth", "elevation", "orient", "slope", "intercept"),
    ]
)
"""Attributes that an animation may change; none of them is an address or a reference."""

EDITORS: Final = (
    "http://ns.adobe.com/",
    "adobe:ns:meta/",
    "http://www.inkscape.org/",
    "http://inkscape.sourceforge.net/",
    "http://sodipodi.sourceforge.net/",
    "http://www.sodipodi.com/",
    "http://creativecommons.org/",
    "http://web.resource.org/cc/",
    "http://purl.org/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2002/07/owl#",
    "http://xmlns.com/foaf/",
    "http://iptc.org/",
    "http://xml.openoffice.org/",
    "http://sun.com/",
    "http://www.bohemiancoding.com/sketch/",
    "http://www.serif.com/",
    "http://vectornator.io",
    "https://boxy-svg.com",
    "http://boxy-svg.com",
    "https://svgjs.dev",
    "http://svgjs.dev",
    "http://svgjs.com/",
    "https://svgjs.com/",
    "http://www.figma.com/",
    "https://www.figma.com/",
    "http://krita.org/",
    "http://schemas.microsoft.com/visio/",
    "http://www.corel.com/",
    "http://product.corel.com/",
    "http://xara.com/",
    "http://www.xfig.org/",
    "http://www.graphviz.org/",
    "http://www.geogebra.org/",
    "http://www.openclipart.org/",
    "http://openclipart.org/",
    "http://www.oswd.org/",
    "http://schema.org/",
    "https://sketch.io/",
    "http://www.blender.org/",
    "http://www.microsoft.com/",
    "http://gimp.org/",
    "http://www.w3.org/2001/XMLSchema",
)
"""Prefixes of the namespaces for editors' own data, which renderers ignore."""
