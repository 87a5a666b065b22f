"""What the sample store sells. Roles are those of the simulator's demo world."""

from __future__ import annotations

from dataclasses import dataclass

VIP = "1100000000000000122"
GOLD = "1100000000000000123"
FOUNDER = "1100000000000000124"
SUPPORTER = "1100000000000000125"
CLIENT = "1100000000000000126"


@dataclass(frozen=True, slots=True)
class Item:
    """One row of products.csv; money in major units as people write it."""

    sku: str
    name: str
    description: str
    price: str
    category: str
    kind: str = "digital"
    cost: str = ""
    stock: str = ""
    published: bool = True
    active: bool = True
    required: str = ""
    granted: str = ""
    limit: str = ""
    low: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A product that is sold in variants: what they are called, and which option tells each apart."""

    sku: str
    name: str
    description: str
    price: str
    category: str
    options: dict[str, str]
    """The options of each variant, by its SKU."""


MEMBERSHIPS, DOWNLOADS, SERVICES = "Memberships", "Downloads", "Services"
APPAREL, HOME, PRINTS = "Apparel", "Mugs & home", "Prints & posters"
STICKERS, TABLETOP, BOOKS, VAULT = "Stickers & pins", "Tabletop", "Books & zines", "The vault"

_TEE = (
    "Heavy organic cotton, printed by hand in small runs. Runs a little large: choose your usual size for a loose fit."
)
_HOODIE = (
    "Brushed inside, double-lined hood, kangaroo pocket with a hidden coin sleeve.\n\n"
    "Machine wash cold, inside out. The print is water based and softens with every wash."
)
_DICE = "Seven polyhedral dice in a drawstring bag, weighed and tumbled so that they roll fair."

ITEMS: tuple[Item, ...] = (
    # Memberships: what is sold is a role
    Item("ROLE-SUPPORTER", "Supporter", "Keeps the lights on. Gives the green Supporter role for good.", "5.00", MEMBERSHIPS, granted=SUPPORTER, limit="1"),
    Item("ROLE-VIP", "VIP", "Gives the VIP role: the quiet channels, early news, and the vault.", "15.00", MEMBERSHIPS, granted=VIP, limit="1"),
    Item("ROLE-GOLD", "Gold", "Everything in VIP, and a say in what is made next. Gives the Gold role.", "40.00", MEMBERSHIPS, granted=f"{VIP}|{GOLD}", limit="1"),
    Item("ROLE-FOUNDER", "Founder", "One of a hundred. Gives the Founder role, which is never sold again.", "120.00", MEMBERSHIPS, stock="12", granted=f"{FOUNDER}|{GOLD}", limit="1", low="5"),
    Item("ROLE-UPGRADE", "Upgrade from VIP to Gold", "For VIPs only: pay the difference and become Gold.", "25.00", MEMBERSHIPS, required=VIP, granted=GOLD, limit="1"),
    Item("GIFT-25", "Gift membership, VIP", "A VIP membership to give away. You get a card to print yourself.", "25.00", MEMBERSHIPS, granted=CLIENT),
    # Downloads
    Item("DL-WALLPAPER-1", "Wallpapers, volume 1", "Twelve wallpapers for phone and desktop, up to 5K.", "4.00", DOWNLOADS),
    Item("DL-WALLPAPER-2", "Wallpapers, volume 2", "Another twelve, all of them at night.", "4.00", DOWNLOADS),
    Item("DL-SOUNDBOARD", "Soundboard pack", "Forty short sounds, levelled so that nobody loses an ear. Ready to upload to a server with level 2.", "6.50", DOWNLOADS),
    Item("DL-EMOJI-CATS", "Emoji pack: cats", "Fifty cats with opinions, 128 × 128, transparent.", "3.50", DOWNLOADS),
    Item("DL-EMOJI-FROGS", "Emoji pack: frogs", "Fifty frogs. That is the whole idea.", "3.50", DOWNLOADS),
    Item("DL-OVERLAY", "Stream overlay “Tavern”", "Scenes, alerts and a starting-soon loop for OBS. Comes with fonts that are free to use.", "18.00", DOWNLOADS),
    Item("DL-OVERLAY-SPACE", "Stream overlay “Orbit”", "As “Tavern”, but with far less wood.", "18.00", DOWNLOADS),
    Item("DL-LOFI", "Lo-fi album, “Rain on the Guild Hall”", "Eleven tracks, FLAC and MP3. Free to play on your own streams.", "9.00", DOWNLOADS),
    Item("DL-FONT", "Handwritten font", "The font of our signs, with Latin, Greek and Cyrillic letters.", "12.00", DOWNLOADS),
    Item("DL-TEMPLATE", "Server template “Small shop”", "Channels, roles and rules of a shop with three staff, ready to use.", "7.00", DOWNLOADS),
    # Services
    Item("SV-REVIEW", "Server review", "We join for a week, look at everything, and write four pages about it.", "85.00", SERVICES, stock="6", granted=CLIENT, low="2"),
    Item("SV-COACH-30", "Coaching, 30 minutes", "One to one, by voice. Choose the subject: moderation, events, growth.", "35.00", SERVICES, stock="20", granted=CLIENT),
    Item("SV-COACH-90", "Coaching, 90 minutes", "As above, with time for your staff to ask.", "90.00", SERVICES, stock="8", granted=CLIENT),
    Item("SV-AVATAR", "Avatar commission", "A portrait of you or your character, 2000 × 2000. Two rounds of changes are included. Takes about three weeks.", "60.00", SERVICES, stock="0", low="1"),
    Item("SV-BANNER", "Banner commission", "A banner for your server, still or moving.", "75.00", SERVICES, stock="3", low="1"),
    # Apparel
    Item("TEE-BLACK-S", "T-shirt “Guild”, black, S", _TEE, "24.00", APPAREL, "shipped", "9.20", "34", low="5"),
    Item("TEE-BLACK-M", "T-shirt “Guild”, black, M", _TEE, "24.00", APPAREL, "shipped", "9.20", "58", low="5"),
    Item("TEE-BLACK-L", "T-shirt “Guild”, black, L", _TEE, "24.00", APPAREL, "shipped", "9.20", "47", low="5"),
    Item("TEE-BLACK-XL", "T-shirt “Guild”, black, XL", _TEE, "24.00", APPAREL, "shipped", "9.20", "4", low="5"),
    Item("TEE-CREAM-M", "T-shirt “Guild”, cream, M", _TEE, "24.00", APPAREL, "shipped", "9.20", "22", low="5"),
    Item("TEE-CREAM-L", "T-shirt “Guild”, cream, L", _TEE, "24.00", APPAREL, "shipped", "9.20", "0", low="5"),
    Item("HOODIE-M", "Hoodie “Night shift”, M", _HOODIE, "54.00", APPAREL, "shipped", "23.50", "15", low="4"),
    Item("HOODIE-L", "Hoodie “Night shift”, L", _HOODIE, "54.00", APPAREL, "shipped", "23.50", "11", low="4"),
    Item("HOODIE-XL", "Hoodie “Night shift”, XL", _HOODIE, "54.00", APPAREL, "shipped", "23.50", "3", low="4"),
    Item("CAP-GREEN", "Cap, bottle green", "Six panels, brass buckle, embroidered key. One size.", "19.00", APPAREL, "shipped", "6.80", "26", low="5"),
    Item("SOCKS", "Socks, pair", "Merino and a bit of nylon, with a mimic on each ankle.", "11.00", APPAREL, "shipped", "3.40", "80", low="10"),
    Item("SCARF", "Scarf, lambswool", "Two metres long, woven in Galashiels. Sold in winter only.", "42.00", APPAREL, "shipped", "19.00", "14", published=False),
    # Mugs & home
    Item("MUG-BLUE", "Mug, speckled blue", "Stoneware, 350 ml, thrown and glazed by one person in one shed. No two are alike.", "17.00", HOME, "shipped", "7.10", "31", low="6"),
    Item("MUG-WHITE", "Mug, white with key", "Porcelain, 300 ml, dishwasher safe.", "13.50", HOME, "shipped", "4.40", "64", low="6"),
    Item("TRAVEL-CUP", "Travel cup", "Steel, closes tight, keeps tea hot for four hours.", "22.00", HOME, "shipped", "8.90", "18", low="4"),
    Item("CANDLE-TAVERN", "Candle “Tavern”", "Smells of oak, beeswax and a little smoke. Burns for about 40 hours.", "21.00", HOME, "shipped", "7.75", "2", low="4"),
    Item("CANDLE-LIBRARY", "Candle “Library”", "Smells of paper, leather and rain outside.", "21.00", HOME, "shipped", "7.75", "27", low="4"),
    Item("DESKMAT", "Desk mat, map of the guild", "90 × 40 cm, stitched edge. The map has eleven mistakes; find them all and tell us.", "29.00", HOME, "shipped", "10.40", "37", low="5"),
    Item("BLANKET", "Blanket, grey", "Recycled wool, 130 × 180 cm.", "65.00", HOME, "shipped", "28.00", "6", low="2"),
    # Prints & posters
    Item("PRINT-HARBOUR-A3", "Print “Harbour”, A3", "Giclée on cotton paper, signed and numbered, 200 made.", "38.00", PRINTS, "shipped", "11.00", "41", low="10"),
    Item("PRINT-HARBOUR-A2", "Print “Harbour”, A2", "Giclée on cotton paper, signed and numbered, 80 made.", "62.00", PRINTS, "shipped", "18.00", "9", low="10"),
    Item("PRINT-FOREST-A3", "Print “Forest at four”, A3", "Giclée on cotton paper, signed and numbered, 200 made.", "38.00", PRINTS, "shipped", "11.00", "66", low="10"),
    Item("POSTER-MAP", "Poster, map of the guild", "Offset, 50 × 70 cm, rolled.", "16.00", PRINTS, "shipped", "3.20", "120", low="15"),
    Item("POSTER-BESTIARY", "Poster, small bestiary", "Twenty creatures and how to be polite to them.", "16.00", PRINTS, "shipped", "3.20", "95", low="15"),
    Item("POSTCARDS", "Postcards, set of eight", "Eight views of places that are not there.", "8.00", PRINTS, "shipped", "1.90", "140", low="20"),
    # Stickers & pins
    Item("STICKER-SHEET", "Sticker sheet", "Fourteen vinyl stickers that survive a dishwasher.", "5.50", STICKERS, "shipped", "1.10", "300", low="30"),
    Item("STICKER-KEY", "Sticker, key", "One large holographic key.", "2.50", STICKERS, "shipped", "0.40", "410", low="40"),
    Item("PIN-KEY", "Pin, key", "Hard enamel, two clutches so that it does not turn.", "9.00", STICKERS, "shipped", "2.60", "88", low="12"),
    Item("PIN-MIMIC", "Pin, mimic", "Hard enamel. The lid opens.", "12.00", STICKERS, "shipped", "3.90", "7", low="12"),
    Item("PIN-FOUNDER", "Pin, founders' only", "Sterling silver. For Founders.", "48.00", STICKERS, "shipped", "21.00", "40", required=FOUNDER, limit="1"),
    Item("PATCH", "Patch, embroidered", "Iron it on, then sew it on anyway.", "7.00", STICKERS, "shipped", "1.80", "76", low="10"),
    # Tabletop
    Item("DICE-AMBER", "Dice set, amber", _DICE, "18.00", TABLETOP, "shipped", "5.50", "52", low="8"),
    Item("DICE-SEA", "Dice set, deep sea", _DICE, "18.00", TABLETOP, "shipped", "5.50", "49", low="8"),
    Item("DICE-METAL", "Dice set, brass", f"{_DICE} Do not roll them on a good table.", "44.00", TABLETOP, "shipped", "17.00", "13", low="4"),
    Item("TRAY", "Dice tray, folding", "Felt and snaps; lies flat in a bag.", "20.00", TABLETOP, "shipped", "6.20", "33", low="5"),
    Item("SCREEN", "Game master's screen", "Four panels, the rules that one forgets inside, a tavern outside.", "26.00", TABLETOP, "shipped", "9.10", "0", low="5"),
    Item("TOKENS", "Wooden tokens, 60", "Birch, laser cut: coins, hearts, keys and twelve rats.", "15.00", TABLETOP, "shipped", "4.70", "61", low="8"),
    # Books & zines
    Item("ZINE-1", "Zine no. 1", "Forty pages on running a small server: what worked, what did not.", "9.00", BOOKS, "shipped", "2.20", "0", active=False),
    Item("ZINE-2", "Zine no. 2", "Fifty-two pages on events: quizzes, swaps, a film night that got out of hand.", "9.00", BOOKS, "shipped", "2.40", "57", low="10"),
    Item("ZINE-2-PDF", "Zine no. 2, PDF", "As printed, to read on a screen.", "4.50", BOOKS),
    Item("COOKBOOK", "The tavern cookbook", (
        "A hundred recipes tested by people who had other things to do.\n\nSoups and stews, breads, pies, small plates "
        "for a table that is already full of dice, sweets, and drinks with and without. Every recipe says how long it "
        "really takes, what may be left out, and what to do when it goes wrong. Weights in grams, temperatures in both "
        "scales, an index by ingredient and one by mood.\n\nHardback, sewn, 240 pages, lies open by itself."
    ), "32.00", BOOKS, "shipped", "12.50", "29", low="6"),
    Item("NOTEBOOK", "Notebook, dotted", "Sewn, 192 pages, numbered, with a key on the cover.", "14.00", BOOKS, "shipped", "4.10", "83", low="10"),
    # The vault: for VIPs
    Item("VAULT-PRINT", "Print “Lighthouse”, vault edition", "Printed once a year, for VIPs.", "58.00", VAULT, "shipped", "16.00", "25", required=f"{VIP}|{GOLD}", limit="2", low="5"),
    Item("VAULT-DEMO", "Unreleased demos", "Six tracks that did not make the album, for VIPs.", "6.00", VAULT, required=f"{VIP}|{GOLD}"),
    Item("VAULT-MUG", "Mug, kiln seconds", "Each has one honest flaw. For Gold members.", "9.00", VAULT, "shipped", "5.00", "16", required=GOLD, limit="2"),
    Item("VAULT-BOX", "Mystery box", "Worth at least twice its price, or so we are told. For VIPs.", "30.00", VAULT, "shipped", "14.00", "10", required=f"{VIP}|{GOLD}", limit="1", low="3"),
    # Drafts
    Item("DRAFT-CALENDAR", "Calendar for next year", "Thirteen pictures. Not ready yet.", "19.00", PRINTS, "shipped", "5.60", "150", published=False),
    Item("DRAFT-COURSE", "Course: moderation in six evenings", "Being written.", "140.00", SERVICES, published=False, granted=CLIENT),
)  # fmt: skip

_BLACK, _CREAM = "Colour=Black", "Colour=Cream"
FAMILIES: tuple[Family, ...] = (
    Family("TEE", "T-shirt “Guild”", _TEE, "24.00", APPAREL, {
        "TEE-BLACK-S": f"Size=S|{_BLACK}", "TEE-BLACK-M": f"Size=M|{_BLACK}", "TEE-BLACK-L": f"Size=L|{_BLACK}",
        "TEE-BLACK-XL": f"Size=XL|{_BLACK}", "TEE-CREAM-M": f"Size=M|{_CREAM}", "TEE-CREAM-L": f"Size=L|{_CREAM}",
    }),
    Family("HOODIE", "Hoodie “Night shift”", _HOODIE, "54.00", APPAREL, {
        "HOODIE-M": "Size=M", "HOODIE-L": "Size=L", "HOODIE-XL": "Size=XL",
    }),
)  # fmt: skip

_PICTURE = "https://placehold.co/600x400"
IMAGES = {
    "TEE": f"{_PICTURE}/1b1b1b/f5f1e6.png?text=Guild+tee The T-shirt in black|"
    f"{_PICTURE}/f5f1e6/1b1b1b.png?text=Guild+tee The T-shirt in cream",
    "HOODIE": f"{_PICTURE}/22304a/ffffff.png?text=Night+shift The hoodie, dark blue",
    "MUG-BLUE": f"{_PICTURE}/2f5d8a/ffffff.png?text=Speckled+blue A blue stoneware mug",
    "POSTER-MAP": f"{_PICTURE}/7a5c2e/fff7e0.png?text=Map+of+the+guild A map with eleven mistakes",
}
"""Pictures of some products, by SKU."""

LISTS = {
    "Gifts under $20": (
        "MUG-BLUE", "MUG-WHITE", "SOCKS", "CAP-GREEN", "PIN-KEY", "POSTCARDS", "DICE-AMBER", "NOTEBOOK",
    ),
    "New this month": ("TEE", "HOODIE", "ZINE-2", "PRINT-FOREST-A3", "DL-OVERLAY-SPACE"),
}  # fmt: skip
"""Product lists by name."""
