"""Patterns and column names of tables in other languages than English."""

import pyarrow as pa
import pytest

import raudit

GERMAN = {
    "nachname": ["Müller", "Schmidt", "Schneider", "Fischer", "Weber"],
    "strasse": [
        "Hauptstraße 12",
        "Bahnhofstr. 3",
        "Am Alten Markt 7",
        "Lindenweg 41 b",
        "Ringstraße 9",
    ],
    "telefonnummer": [
        "+49 421 2181234",
        "0421 2182345",
        "+49 30 901820",
        "030 9026 0",
        "+49 89 23300",
    ],
    "kontoverbindung_iban": [
        "DE89370400440532013000",
        "DE02120300000000202051",
        "DE02500105170137075030",
    ],
    "farbe": ["rot", "grün", "blau", "gelb", "schwarz"],
}
FRENCH = {
    "prenom": ["Camille", "Mathieu", "Chloé", "Antoine", "Léa"],
    "adresse": [
        "12 rue de la Paix",
        "3 bis avenue Foch",
        "45 boulevard Voltaire",
        "7 place du Marché",
    ],
    "courriel": ["camille.durand@example.fr", "m.petit@example.fr", "chloe@example.fr"],
    "couleur": ["rouge", "vert", "bleu", "jaune", "noir"],
}
SPANISH = {
    "apellidos": ["García López", "Martínez Ruiz", "Hernández Gil", "Moreno Díaz", "Romero Sanz"],
    "direccion": ["Calle Mayor 12", "Avenida de América 3", "Plaza España 7", "Paseo del Prado 41"],
    "dni": ["12345678Z", "87654321X", "11111111H"],
    "correo_electronico": ["ana@example.es", "luis.gil@example.es", "marta@example.es"],
    "color": ["rojo", "verde", "azul", "negro", "blanco"],
}
CLEAN = {"farbe", "couleur", "color"}


@pytest.mark.parametrize("columns", [GERMAN, FRENCH, SPANISH], ids=["de", "fr", "es"])
def test_columns_of_people_are_found_and_colours_are_not(columns):
    n = 60
    table = pa.table(
        {name: [values[i % len(values)] for i in range(n)] for name, values in columns.items()}
    )
    (result,) = raudit.scan_pii(table, sample=100).tables
    assert {v.name for v in result.verdicts if v.personal} == set(columns) - CLEAN


MORE = {
    "it": (
        {
            "cognome": ["Rossi", "Bianchi", "Esposito", "Romano"],
            "indirizzo": ["Via Roma 12", "Corso Italia 3"],
            "data_di_nascita": ["12/03/1980", "01/11/1975"],
            "codice_fiscale": ["RSSMRA85T10A562S", "BNCGNN80A01F205X"],
        },
        {"reparto": ["vendite", "acquisti"], "colore": ["rosso", "verde"]},
    ),
    "nl": (
        {
            "Achternaam": ["de Vries", "Jansen", "Bakker", "Visser"],
            "geboortedatum": ["12-03-1980", "01-11-1975"],
            "telefoonnummer": ["020 624 1111", "+31 6 12345678"],
            "bsn": ["123456782", "111222333"],
        },
        {"afdeling": ["verkoop", "inkoop"]},
    ),
    "pt": (
        {
            "sobrenome": ["Silva", "Santos", "Oliveira", "Souza"],
            "endereço": ["Rua das Flores 12", "Avenida Brasil 300"],
            "CPF": ["529.982.247-25", "111.444.777-35"],
            "data_nascimento": ["12/03/1980", "01/11/1975"],
        },
        {"produto": ["caneta", "livro"]},
    ),
    "pl": (
        {
            "imię": ["Anna", "Piotr", "Krzysztof", "Agnieszka"],
            "nazwisko": ["Nowak", "Kowalski", "Wiśniewski"],
            "PESEL": ["44051401359", "02070803628"],
            "nr_telefonu": ["+48 22 123 45 67", "+48 601 234 567"],
        },
        {"kolor": ["czerwony", "zielony"]},
    ),
    "sv": (
        {
            "förnamn": ["Erik", "Anna", "Lars", "Karin"],
            "personnummer": ["811218-9876", "670919-9530"],
        },
        {"avdelning": ["inköp", "försäljning"]},
    ),
    "da": (
        {
            "efternavn": ["Jensen", "Nielsen", "Hansen", "Pedersen"],
            "cpr_nr": ["070761-4285", "010180-1234"],
        },
        {"farve": ["rød", "grøn"]},
    ),
    "fi": (
        {
            "sukunimi": ["Korhonen", "Virtanen", "Mäkinen"],
            "syntymäaika": ["12.3.1980", "1.11.1975"],
        },
        {"väri": ["punainen", "sininen"]},
    ),
    "cs": (
        {"příjmení": ["Novák", "Svoboda", "Dvořák"], "rodné číslo": ["736028/5163", "755103/0150"]},
        {"barva": ["modrá", "bílá"]},
    ),
    "ro": (
        {"prenume": ["Andrei", "Maria", "Ioana"], "cnp": ["1800101221144", "2900101221144"]},
        {"culoare": ["verde", "galben"]},
    ),
    "hu": (
        {
            "vezetéknév": ["Nagy", "Kovács", "Tóth"],
            "lakcím": ["Budapest, Kossuth tér 1", "Szeged, Fő utca 12"],
        },
        {"szín": ["piros", "kék"]},
    ),
    "el": (
        {
            "επώνυμο": ["Παπαδόπουλος", "Γεωργίου", "Νικολάου", "Δημητρίου", "Βασιλείου"],
            "τηλέφωνο": ["+30 210 123 4567", "+30 694 123 4567"],
        },
        {"χρώμα": ["μπλε", "λευκό"]},
    ),
    "uk": (
        {
            "прізвище": ["Шевченко", "Коваленко", "Бондаренко", "Ткаченко", "Мельник"],
            "дата народження": ["12.03.1980", "01.11.1975"],
        },
        {"колір": ["синій", "білий"]},
    ),
    "hr": (
        {
            "prezime": [
                "Horvat",
                "Kovačević",
                "Babić",
                "Marić",
                "Jurić",
                "Novak",
                "Petrović",
                "Vuković",
                "Knežević",
                "Marković",
            ],
            "oib": ["69435151530", "94577403194"],
        },
        {"boja": ["plava", "bijela"]},
    ),
    "ja": (
        {
            "氏名": ["佐藤 花子", "鈴木 一郎", "高橋 健", "田中 実", "伊藤 誠"],
            "生年月日": ["1980-03-12", "1975-11-01"],
        },
        {"色": ["青", "白"]},
    ),
    "tr": (
        {"soyadı": ["Yılmaz", "Kaya", "Demir"], "tc_kimlik_no": ["10000000146", "10000000078"]},
        {"renk": ["mavi", "yeşil"]},
    ),
}


@pytest.mark.parametrize("language", MORE)
def test_the_words_of_other_languages(language):
    personal, clean = MORE[language]
    n = 60
    table = pa.table(
        {
            name: [values[i % len(values)] for i in range(n)]
            for name, values in {**personal, **clean}.items()
        }
    )
    (result,) = raudit.scan_pii(table, sample=100).tables
    assert {v.name for v in result.verdicts if v.personal} == set(personal)


def test_letters_that_unicode_leaves_whole():
    from raudit.stages.pii.vocabulary.names_of_columns import words

    assert words("Fødselsdato") == words("fodselsdato")
    assert words("Płeć") == ("plec",)
    assert words("Doğum Yılı") == ("dogum", "yili")
