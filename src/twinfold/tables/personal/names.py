"""Frequent given and family names in several languages, and the titles before them: they tell names, and are the fakes.

Written from general knowledge; none comes from a table.
"""

_GIVEN = """
    James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Barbara Richard Susan Joseph
    Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Sandra Anthony Betty Mark Ashley Donald
    Emily Steven Kimberly Andrew Margaret Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George
    Deborah Timothy Stephanie Ronald Rebecca Edward Laura Jason Helen Jeffrey Sharon Ryan Cynthia Jacob Kathleen
    Gary Amy Nicholas Angela Eric Shirley Jonathan Anna Stephen Ruth Larry Brenda Justin Pamela Scott Nicole Brandon
    Katherine Benjamin Samantha Samuel Christine Gregory Emma Alexander Catherine Frank Virginia Patrick Rachel
    Raymond Olivia Jack Sophie Oliver Chloe Harry Lucy Charlie Grace Noah Ella Liam Isla Ethan Mia Lucas Lily Mason
    Ava Logan Zoe Henry Ruby Oscar Hannah Leo Peter Simon Martin Philip Alan Ian Keith Graham Stuart Neil Colin
    Craig Sean Dean Claire Joanne Jane Louise Alice Hans Klaus Jürgen Wolfgang Stefan Andreas Matthias Uwe Dieter
    Karl Felix Lukas Jonas Ursula Monika Petra Sabine Renate Heike Katrin Birgit Anke Greta Jean Pierre Michel
    Philippe Alain Nicolas Julien François Jacques Louis Hugo Théo Marie Nathalie Isabelle Sylvie Camille Manon Léa
    Chantal Élodie José Antonio Juan Manuel Francisco Luis Javier Carlos Miguel Pedro Jorge Pablo Diego Carmen María
    Isabel Dolores Pilar Ana Cristina Lucía Marta Elena Rosa Giuseppe Giovanni Marco Luca Andrea Francesco
    Alessandro Matteo Paolo Giulia Chiara Francesca Sara Valentina Alessia João Paulo Rui Tiago Joana Inês Beatriz
    Jan Piet Willem Kees Daan Sanne Lotte Femke Anouk Lars Erik Anders Johan Nils Ingrid Astrid Sven Karin Maja
    Mikko Antti Aino Piotr Krzysztof Tomasz Agnieszka Katarzyna Małgorzata Zofia Jiří Pavel Josef Tomáš Jana Eva
    Hana Lenka Veronika Ivan Dmitri Sergei Olga Natalia Tatiana Mohamed Ahmed Ali Omar Hassan Fatima Aisha Layla
    Rahul Amit Raj Priya Anita Sunita Deepak Wei Ming Hiroshi Yuki Kenji Mei Ling Minh Sipho Thabo Nomsa Themba
    Zanele
"""

_FAMILY = """
    Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Jackson White Harris Thompson
    Robinson Clark Lewis Lee Walker Hall Allen Young King Wright Hill Green Adams Baker Nelson Carter Mitchell
    Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Morris Rogers Reed Cook Morgan Bell Murphy
    Bailey Cooper Richardson Cox Howard Ward Peterson Gray Watson Brooks Kelly Sanders Price Bennett Wood Barnes
    Ross Henderson Coleman Jenkins Perry Powell Long Patterson Hughes Foster Simmons Butler Russell Griffin Hayes
    Hamilton Graham Sullivan Wallace Woods West Jordan Owens Reynolds Fisher Ellis Harrison Gibson McDonald Marshall
    Murray Freeman Wells Webb Simpson Stevens Tucker Porter Hunter Hicks Crawford Boyd Mason Kennedy Warren Dixon
    Burns Gordon Shaw Rice Robertson Hunt Black Palmer Mills Grant Knight Ferguson Stone Hawkins Dunn Perkins Hudson
    Spencer Gardner Payne Pierce Berry Matthews Wagner Willis Ray Watkins Olson Carroll Duncan Snyder Hart
    Cunningham Lane Andrews Ryan Fox Armstrong Davies Walsh Byrne Khan Chapman Barker Lloyd Müller Schmidt Schneider
    Fischer Weber Meyer Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz
    Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Bernard Dubois Durand Lefebvre Leroy Moreau
    Laurent Fournier Girard Rousseau Lambert Fontaine Chevalier García Fernández González Rodríguez López Martínez
    Sánchez Pérez Gómez Jiménez Ruiz Hernández Díaz Moreno Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez
    Ramos Castro Ortega Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti
    Costa Fontana Silva Santos Ferreira Pereira Oliveira Rodrigues Martins Sousa Almeida Jansen Bakker Visser Smit
    Mulder Janssen Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Johansson Karlsson Nilsson Eriksson
    Lindberg Berg Korhonen Virtanen Nieminen Nowak Kowalski Wiśniewski Wójcik Kowalczyk Zieliński Novák Svoboda
    Novotný Dvořák Černý Procházka Kučera Veselý Horák Horváth Nagy Popescu Ivanov Petrov Smirnov Kuznetsov Singh
    Patel Sharma Kumar Gupta Shah Wang Li Zhang Chen Liu Nguyen Tran Tanaka Suzuki Sato Yamamoto Kim Park Dlamini
    Nkosi Botha Naidoo
"""

GIVEN = tuple(_GIVEN.split())
FAMILY = tuple(_FAMILY.split())
GIVEN_FOLDED = frozenset(name.casefold() for name in GIVEN)
FAMILY_FOLDED = frozenset(name.casefold() for name in FAMILY)
ALL_FOLDED = GIVEN_FOLDED | FAMILY_FOLDED

TITLES = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Herr", "Frau", "Mme", "Sr", "Sra", "Señor", "Señora", "Sig", "Paní")
"""What a name follows; a point may stand between."""
