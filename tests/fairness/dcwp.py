"""Counts and printed values of the example in 6 RCNY 5-301(b)."""

SEX = {"Male": (1390, 667, "48%", "1.00"), "Female": (1181, 555, "47%", "0.979")}
RACE = {
    "Hispanic or Latino": (408, 204, "50%", "0.97"),
    "White": (797, 412, "52%", "1.00"),
    "Black or African American": (390, 170, "44%", "0.84"),
    "Native Hawaiian or Pacific Islander": (119, 52, "44%", "0.85"),
    "Asian": (616, 302, "49%", "0.95"),
    "Native American or Alaska Native": (41, 18, "44%", "0.85"),
    "Two or More Races": (213, 96, "45%", "0.87"),
}
BOTH = {
    ("Male", "Hispanic or Latino"): (205, 90, "43.9%", "0.841"),
    ("Male", "White"): (412, 215, "52.2%", "1.000"),
    ("Male", "Black or African American"): (226, 95, "42.0%", "0.806"),
    ("Male", "Native Hawaiian or Pacific Islander"): (87, 37, "42.5%", "0.815"),
    ("Male", "Asian"): (321, 167, "52.0%", "0.997"),
    ("Male", "Native American or Alaska Native"): (24, 11, "45.8%", "0.878"),
    ("Male", "Two or More Races"): (115, 52, "45.2%", "0.866"),
    ("Female", "Hispanic or Latino"): (190, 82, "43.2%", "0.827"),
    ("Female", "White"): (385, 197, "51.2%", "0.981"),
    ("Female", "Black or African American"): (164, 75, "45.7%", "0.876"),
    ("Female", "Native Hawaiian or Pacific Islander"): (32, 15, "46.9%", "0.898"),
    ("Female", "Asian"): (295, 135, "45.8%", "0.877"),
    ("Female", "Native American or Alaska Native"): (17, 7, "41.2%", "0.789"),
    ("Female", "Two or More Races"): (98, 44, "44.9%", "0.860"),
}


def as_csv() -> str:
    lines = ["Sex,Race/Ethnicity,# of Applicants,# Selected,Selection Rate,Impact Ratio"]
    lines += [f"{name},,{','.join(map(str, row))}" for name, row in SEX.items()]
    lines += [f",{name},{','.join(map(str, row))}" for name, row in RACE.items()]
    lines += [f"{sex},{race},{','.join(map(str, row))}" for (sex, race), row in BOTH.items()]
    return "\n".join(lines) + "\n"
