"""What a list of parts made by scripts/sbom must be."""


def check(test, document):
    """The rules of SPDX 2.3 that a consumer relies on."""
    test.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                     ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
    test.assertRegex(document["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    test.assertNotIn("#", document["documentNamespace"])
    identifiers = [part["SPDXID"] for part in document["packages"]] + [document["SPDXID"]]
    test.assertEqual(len(set(identifiers)), len(identifiers))
    for identifier in identifiers:
        test.assertRegex(identifier, r"^SPDXRef-[A-Za-z0-9.-]+$")
    for part in document["packages"]:
        for field in ("name", "downloadLocation", "versionInfo", "licenseConcluded",
                      "licenseDeclared", "copyrightText"):
            test.assertTrue(part[field], field)
        test.assertIs(part["filesAnalyzed"], False)
        for reference in part.get("externalRefs", []):
            test.assertRegex(reference["referenceLocator"], r"^pkg:deb/debian/[^@/]+@[^@]+\?arch=")
    for relation in document["relationships"]:
        test.assertIn(relation["spdxElementId"], identifiers)
        test.assertIn(relation["relatedSpdxElement"], identifiers)
    described = [relation for relation in document["relationships"]
                 if relation["relationshipType"] == "DESCRIBES"]
    test.assertEqual(len(described), 1)
