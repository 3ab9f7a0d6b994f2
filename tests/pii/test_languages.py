"""Patterns and column names of German, French and Spanish tables."""

import pyarrow as pa
import pytest

import raudit

GERMAN = {
    "nachname": ["Müller", "Schmidt", "Schneider", "Fischer", "Weber"],
    "strasse": ["Hauptstraße 12", "Bahnhofstr. 3", "Am Alten Markt 7", "Lindenweg 41 b", "Ringstraße 9"],
    "telefonnummer": ["+49 421 2181234", "0421 2182345", "+49 30 901820", "030 9026 0", "+49 89 23300"],
    "kontoverbindung_iban": ["DE89370400440532013000", "DE02120300000000202051", "DE02500105170137075030"],
    "farbe": ["rot", "grün", "blau", "gelb", "schwarz"],
}
FRENCH = {
    "prenom": ["Camille", "Mathieu", "Chloé", "Antoine", "Léa"],
    "adresse": ["12 rue de la Paix", "3 bis avenue Foch", "45 boulevard Voltaire", "7 place du Marché"],
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
    table = pa.table({name: [values[i % len(values)] for i in range(n)] for name, values in columns.items()})
    (result,) = raudit.scan_pii(table, sample=100).tables
    assert {v.name for v in result.verdicts if v.personal} == set(columns) - CLEAN
