"""Who has bought in the sample store: names, scripts and addresses as they come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """One row of customers.csv. `weight` says how often they buy."""

    discord_id: str
    username: str
    first_name: str
    last_name: str
    country: str
    weight: int = 3
    street: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    tags: str = ""
    notes: str = ""
    email: bool = True
    phone: bool = True


# The three after the first are the simulator's; Bea Buyer, Nia Newcomer and the staff have bought nothing yet.
PEOPLE: tuple[Person, ...] = (
    Person("1090000000000000001", "aiko_ito", "愛子", "伊藤", "JP", 9, "丸の内1-1-1", "", "千代田区", "東京都", "100-0005", "collector", "Wants plain packaging."),
    Person("1100000000000000013", "ben", "Ben", "Bargain", "US", 6, "1 Market St", "Apt 5", "San Francisco", "CA", "94105", "bargain hunter"),
    Person("1100000000000000014", "clara", "Clara", "Cart", "DE", 10, "Torstraße 42", "", "Berlin", "", "10119", "vip|collector"),
    Person("1100000000000000015", "dmitri", "Dmitri", "Deal", "GB", 5, "12 Baker Street", "", "London", "", "NW1 6XE"),
    Person("1090000000000000002", "zoe.martin", "Zoé", "Martin", "FR", 6, "18 Rue de Rivoli", "", "Paris", "", "75004", "newsletter"),
    Person("1090000000000000003", "bjorn_a", "Björn", "Åkesson", "SE", 5, "Drottninggatan 5", "", "Stockholm", "", "111 51"),
    Person("1090000000000000004", "oconnor", "Siobhán", "O’Connor", "IE", 4, "7 Grafton Street", "", "Dublin", "", "D02 X285"),
    Person("1090000000000000005", "nguyen.linh", "Linh", "Nguyễn", "VN", 3, "12 Lê Lợi", "", "Hồ Chí Minh", "", "700000"),
    Person("1090000000000000006", "maria_g", "María", "García López", "ES", 7, "Calle de Alcalá 10", "2º B", "Madrid", "Madrid", "28014", "vip"),
    Person("1090000000000000007", "olena.k", "Олена", "Коваленко", "UA", 3, "вул. Хрещатик 1", "", "Київ", "", "01001"),
    Person("1090000000000000008", "giorgos", "Γιώργος", "Παπαδόπουλος", "GR", 2, "Ερμού 20", "", "Αθήνα", "", "105 63"),
    Person("1090000000000000009", "tomas.h", "Tomáš", "Horák", "CZ", 3, "Karlova 3", "", "Praha", "", "110 00"),
    Person("1090000000000000010", "agnieszka", "Agnieszka", "Wójcik", "PL", 4, "ul. Długa 14", "m. 3", "Kraków", "", "31-146"),
    Person("1090000000000000011", "kenji", "健二", "田中", "JP", 4, "道玄坂2-1", "", "渋谷区", "東京都", "150-0043"),
    Person("1090000000000000012", "minji.kim", "Min-ji", "Kim", "US", 8, "350 5th Ave", "Floor 21", "New York", "NY", "10118", "vip|wholesale", "Invoice goes to her company."),
    Person("1090000000000000013", "jsmith", "John", "Smith", "US", 5, "200 Congress Ave", "", "Austin", "TX", "78701"),
    Person("1090000000000000014", "jane_smith", "Jane", "Smith", "US", 4, "1600 Glenarm Pl", "", "Denver", "CO", "80202"),
    Person("1090000000000000015", "tyrone.w", "Tyrone", "Washington", "US", 5, "233 S Wacker Dr", "", "Chicago", "IL", "60606", "newsletter"),
    Person("1090000000000000016", "priya", "Priya", "Raman", "IN", 4, "14 MG Road", "", "Bengaluru", "Karnataka", "560001"),
    Person("1090000000000000017", "amelie.r", "Amélie", "Roy", "CA", 5, "1001 Rue Sherbrooke O", "", "Montréal", "QC", "H3A 1G5"),
    Person("1090000000000000018", "liam.t", "Liam", "Tremblay", "CA", 3, "100 Queen St W", "", "Toronto", "ON", "M5H 2N2"),
    Person("1090000000000000019", "matilda", "Matilda", "Jones", "AU", 4, "1 Macquarie St", "", "Sydney", "NSW", "2000"),
    Person("1090000000000000020", "hemi", "Hemi", "Ngata", "NZ", 2, "23 Cuba Street", "", "Wellington", "", "6011"),
    Person("1090000000000000021", "sven_de", "Sven", "Müller-Lüdenscheidt", "DE", 6, "Leopoldstraße 8", "Hinterhaus", "München", "", "80802", "collector"),
    Person("1090000000000000022", "vreni", "Verena", "Zürcher", "CH", 4, "Bahnhofstrasse 1", "", "Zürich", "", "8001"),
    Person("1090000000000000023", "lukas.at", "Lukas", "Gruber", "AT", 3, "Mariahilfer Straße 5", "", "Wien", "", "1060"),
    Person("1090000000000000024", "noor", "Noor", "van den Berg", "NL", 4, "Herengracht 100", "", "Amsterdam", "", "1015 BS"),
    Person("1090000000000000025", "chiara", "Chiara", "D’Angelo", "IT", 3, "Via Garibaldi 9", "", "Torino", "TO", "10122"),
    Person("1090000000000000026", "joao.pt", "João", "Conceição", "PT", 3, "Rua Augusta 30", "", "Lisboa", "", "1100-053"),
    Person("1090000000000000027", "ingrid_no", "Ingrid", "Bjørnstad", "NO", 3, "Karl Johans gate 2", "", "Oslo", "", "0154"),
    Person("1090000000000000028", "noa", "נועה", "לוי", "IL", 2, "", "", "", "", "", phone=False),
    Person("1090000000000000029", "fatima.z", "فاطمة", "الزهراء", "MA", 2, "", "", "", "", "", "newsletter"),
    Person("1090000000000000030", "wei_chen", "伟", "陈", "SG", 3, "1 Raffles Place", "#20-61", "Singapore", "", "048616"),
    Person("1090000000000000031", "x_dragon_slayer_x", "", "", "US", 3, email=False, phone=False, notes="Asks for refunds before reading."),
    Person("1090000000000000032", "mx.null", "Null", "O'Neil", "US", 2, "500 Boylston St", "", "Boston", "MA", "02116", phone=False),
    Person("1090000000000000033", "quietone", "", "", "GB", 1, email=False, phone=False),
    Person("1090000000000000034", "abcdefghijklmnopqrstuvwxyz_012345", "Wilhelmina Alexandrina", "von Hohenstein-Sommerfeld", "DE", 1, phone=False),
    Person("", "", "Ruth", "Adler", "US", 3, "701 Pike St", "", "Seattle", "WA", "98101", "by email", "Writes letters; answer by post."),
    Person("", "", "Carlos", "Souza", "US", 2, "300 Biscayne Blvd", "", "Miami", "FL", "33131", "by email"),
    Person("", "", "Guildhall Games", "(shop)", "GB", 6, "5 High Street", "", "Oxford", "", "OX1 4DB", "wholesale", "Orders in quantities before every holiday."),
)  # fmt: skip
