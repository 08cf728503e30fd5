/** Short and fond forms, English and German; one line a name: the full forms before the colon, what people say behind it. */
const table = `
alexander alexandra alessandro: alex sasha sascha sandy xander lexi alexa sandra
andrew andreas andre: andy drew andi
anna annabel annabelle annalena: annie ann anne anni ännchen annchen nan anka
anthony antonio antonia anton: tony toni toniya
barbara: barb babs barbie bärbel babsi
benjamin benedikt: ben benny benji bene
bernhard bernard: bernie bernd
catherine katherine katharina kathrin kathleen katarina: kate katie kathy cathy kat kitty katja kathi käthe trina katha
charles charlotte karl carl: charlie chuck lottie lotte charly kalle karlchen
christian christopher christoph christine christina kristina: chris christy tina kris toph chrissi chrissy topher stoffel
daniel daniela danielle: dan danny dani
david: dave davy davie
dorothea dorothy: dora dot dotty dorle thea dorle
edward eduard edmund: ed eddie eddy ted teddy ned edi
eleanor eleonora leonora: ellie nora lena elle nell
elizabeth elisabeth elisa isabel isabella isabelle: liz lizzie lizzy beth betty eliza lisa lisi sissi elli ella bella izzy isa lili lisbeth bess
emily emilia emma: em emmy emmi millie milla emmie
felix: flix felixchen
florian florence: flo flori florrie
francis frances franziska francesca franz: fran frank frankie franzi fanny franky franzl
frederick friedrich frederik frieda friederike: fred freddy freddie fritz fritzi rike
gabriel gabriele gabriella: gabe gabi gaby gabby
george georg georgina georgia: georgie schorsch jürgen gina
gregory gregor: greg
hannah johanna hanna: hanni jo hannchen hannie
heinrich henry henrik harry: heini heinz hank hal hein
helena helene helen: lena leni leni nell helli
jacob jakob james: jake jim jimmy jamie jay jakobchen köbi
jennifer: jen jenny jenn jenna
jessica: jess jessie
joachim: jochen achim jo
john johannes jonathan jonas: johnny jack jon hannes hans jonny hansi joni
joseph josef josephine josefine: joe joey jo josie sepp pepi josi finchen
julia julian juliane julius: jule jules juli julchen
karin: kari
kenneth: ken kenny
lawrence lorenz laura laurence: larry laurie lenz laurel lore laurie
leonard leonhard leon leonie leopold: leo len lenny leni poldi
ludwig louis louisa luisa luise louise: lou lui wiggerl luis lulu louie isi
lukas lucas lucy lucia: luke luki lucie luci luc
magdalena madeleine: magda lena maddie leni maggie
margaret margarete margarethe greta: maggie meg peggy gretel grete gretchen madge marge margo gretl rita
mary maria marie marianne: molly polly mia mitzi mieke mariechen ria mimi marie
martin martina: marty tina
matthew matthias mathilda mathilde matilda: matt matty matze hias tilda tilly hiasl
maximilian maxim maxine: max maxi maxl
melanie melissa: mel melly lissa
michael michaela michelle: mike mick micky mikey mischa michi michel micha shelly
nathan nathaniel nathalie natalie natalia: nate nat natty tasha
nicholas nikolaus nicolas niklas nicole nicola: nick nicky nico niko klaus claus nik nicki colin
olivia oliver: olli ollie liv livvy livi
pamela: pam
patrick patricia: pat paddy patty trish tricia pati rick
paul paula pauline: pauli polly pauly paulchen
peter petra: pete peterle peterchen pit
philip philipp philippa: phil pip flip pippa lippi
rachel rebecca rebekka: rach becky becca beck bekki
richard: rick dick rich richie ricky ritchie
robert roberta: rob bob bobby robbie bert bobbi
ronald veronica veronika: ron ronnie ronny vroni nika
samuel samantha samira: sam sammy sammie
sebastian: basti seb bastian wastl
sofia sophia sophie: soph fia sophy sofie
stephen steven stefan stephan stephanie stefanie: steve stevie steff steffi steph stefi
susan susanne susanna: sue susi suzy susie sanna
theodore theodor theresa therese: theo ted teddy tess terry resi tessa dori
thomas: tom tommy thommy tomi
timothy tim: timmy timo timi
tobias: tobi toby
ulrich ulrike: uli rike ulli
valentin valentina: val vale tina valli
victor viktor victoria viktoria: vic vicky vicki tori viki
walter: walt wally
wilhelm william wilhelmina: will bill billy willy willi liam willie mina helmi
wolfgang: wolf wolfi wolferl
yvonne: yvi evi
zachary: zach zack
`

function read(): ReadonlyMap<string, readonly string[]> {
  const forms = new Map<string, readonly string[]>()
  for (const line of table.trim().split('\n')) {
    const [full = '', short = ''] = line.split(':')
    const names = full.trim().split(' ')
    for (const name of names) forms.set(name, [...(forms.get(name) ?? []), ...short.trim().split(' ')])
  }
  return forms
}

const known = read()

/** Endings that make a fond form of any name: `Mia` -> `Miachen`, `Tom` -> `Tommy`. */
const fondEndings = ['chen', 'lein', 'le', 'li', 'i', 'y', 'ie', 'erl']

/** The short and fond forms of a given name (in small letters), without the name itself. */
export function diminutivesOf(name: string): readonly string[] {
  const stem = name.replace(/[aeiou]+$/, '')
  const made = fondEndings.flatMap((ending) => [
    name + ending,
    ...(stem.length >= 3 ? [stem + ending] : []),
    ...(name.length === 3 ? [name + name.slice(-1) + ending] : []),
  ])
  const umlauted = name.replace(/a(?=[^aeiou]*[aeiou]?$)/, 'ä')
  const first = [...(known.get(name) ?? []), ...made, ...(umlauted === name ? [] : [`${umlauted.replace(/[aeiou]+$/, '')}chen`])]
  return [...new Set(first)].filter((form) => form !== name && form.length >= 2)
}
