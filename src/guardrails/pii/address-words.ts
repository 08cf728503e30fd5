/** A list written as one line of words. */
function listOf(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/))
}

/** Stand behind the name of an English street. The weak ones are words of other meaning, too. */
export const streetNouns = listOf(
  'street st avenue ave av road rd lane ln drive boulevard blvd crescent cres terrace highway hwy parkway pkwy square sq',
)
export const weakStreetNouns = listOf(
  'dr court ct place pl close way circle cir trail trl pass alley mews row walk gardens grove hill hills plaza loop ridge path quay wharf rise green park point points isle harbor harbour bridge mill crossroad crossing route summit station fort lodge dale flats view villas',
)

/** Stand before the name of a street in Romance and Slavic languages. */
export const streetPrefixes = listOf(
  'rue avenue boulevard via viale piazza corso largo strada calle avenida rua rúa travessa paseo plaza camino carrer chemin allée quai impasse place ul ulica ulitsa aleja trg náměstí cesta vicolo contrada praça av c/ rue',
)

/** Stand behind the name and before the number in German and Hungarian. */
export const numberedNouns = listOf(
  'straße strasse str gasse weg platz allee ring damm ufer út útja utca u utja kapu tér körút köz sor fasor gata gatan väg vägen vej gade tie katu põik tee maantee tänav',
)

/** Endings of one-word street names, before a number: German, Dutch, Scandinavian, Finnish, Estonian, Czech. */
export const streetEnding =
  /.{2}(?:stra(?:ß|ss)e|str|gasse|weg|platz|allee|damm|ufer|graben|steig|stieg|gade|gatan|gata|v[äe]gen|vegur|vegen|vej|veien|veg|katu|kuja|polku|tie|stra+t|laan|plein|kade|dijk|singel|gracht|stræti|vollen|svingen|bakken|stien|all[eé]|gränd|zeile|tunet)$/

/** Endings that are ordinary nouns as well: a street only after `am`, `at`, `in` and the like. */
export const weakStreetEnding = /.{3}(?:ring|hof|markt|wiese|rain|feld|park|berg|tor)$/

/** Parts of a building, before its number. */
export const unitWords = listOf('apt apartment suite ste flat unit appt whg wohnung')

/** Small words inside names of streets and towns. */
export const nameConnectors = listOf(
  "de la las los le les du des do da dos das del della delle dei di do e y a el al d' l' van von der den dem zu zur zum am an im in unter ob auf bei sur sous en upon nad pod na u v z of the saint st ten ter te op und et i",
)

/** Forms of the verb or the cue that come before a place someone gives. */
export const placeCues = listOf(
  'address adresse anschrift live lives lived living located reside resides moved move meet office return sent send deliver delivered ship shipped mail drops dropped enter station restaurant store shop home house stay stays staying headquarters based wohne wohnt wohnen wohnst liegt gezogen party picked pick visit visited found following same to: at:',
)
export const placePrepositions = listOf('at on to in is: is are was : in to near from an bei in unter')

/** Names of countries that end an address, in small letters; the first word decides. */
export const countries = listOf(
  'germany deutschland austria österreich switzerland schweiz suisse france italy italia spain españa portugal netherlands nederland belgium belgique luxembourg denmark sweden norway finland iceland ireland poland polska hungary slovenia slovakia croatia serbia bosnia romania bulgaria greece cyprus estonia latvia lithuania ukraine russia turkey israel tunisia egypt morocco nigeria kenya canada usa u.s.a mexico brazil argentina uruguay chile colombia peru australia japan china india singapore malaysia thailand vietnam philippines indonesia greenland malta monaco liechtenstein england scotland wales uk',
)
export const countryPairs = listOf(
  'united_states united_kingdom south_africa new_zealand czech_republic south_korea north_macedonia saudi_arabia sri_lanka costa_rica',
)

/** Words before a number that are no street: `Room 5`, `iPhone 15`, `Windows 11`. */
export const numberedThings = listOf(
  'room page chapter level grade platform line bus table figure section article step season episode version ios windows iphone ipad android python java playstation xbox nintendo gate floor day week month year part unit lesson exercise question problem number no nr act scene verse psalm matthew mark luke john genesis exodus leviticus romans corinthians kapitel seite klasse stufe band teil aufgabe übung nummer gleis linie zimmer raum saal halle tag woche monat jahr formula area route highway interstate apollo boeing airbus saturn voyager world war euro uefa fifa cup top episode track file slide problem january february march april may june july august september october november december januar februar märz april mai juni juli oktober dezember monday tuesday wednesday thursday friday saturday sunday',
)

/** Streets everybody talks about: a name, not a place where someone lives. */
export const famousAddresses =
  /^(?:221 ?b baker|123 sesame|4 privet|742 evergreen|10 downing|1600 pennsylvania|42 wallaby|12 grimmauld|112 ocean)\b/i
export const famousStreets = listOf('baker privet elm wall sesame downing fleet coronation bourbon abbey penny fifth silk main easy first')
