/** Frequent English words, the most frequent first: dark ones are among them, because those are what people disguise. */
const english = `
i to a the how you can what do is of in and are my me that for it with people on have someone get be would if an so some from think
should way why want make about at like best they need this tell them or your out all not into help good who as but where will up there
by know was steal which has without when their does am any one use he money just many give her find most we much could car go kill his
person say black break take more really bad going home trying than she women something address did him number now time being off
offensive away other new no these ever white term put things because house starts friend getting ways each always right two only
information kind were work been start had buy sex over provide write rob then following store man down drugs back caught illegal free
day old human anything wife world hey feel never woman thing first neighbor phone after sell us long stop hate bank every let dog school
even place gun also while look lot men body keep such wrong very fake instructions own better call teach insults before create country
its question see pay okay locate high against used name residential answer hack poison made too year food friends character hide here
doing stay love child please eat got online able using must chatgpt run gay come life drug sure attack mean murder words fun act kids
girl heard having response talk fuck next true set whats racist commit another generate show myself bomb makes today girlfriend around
card company our trump real cause making responses ask job become prompt credit last try wanted send worst else big anyone possible won
respond those wants thinking destroy rules still times total insult change cut children same through police hurt example order word
internet days meth fire stupid personal remember years rid learn pretend live end moral joke user family social language jokes crime
different fat advice assault per said fight well funny baby play email detailed government matter cheat neighbors called leave believe
sneak night everything hit openai test security both easiest gas street cannot little less boss everyone easy left found allowed during
three account small access favorite states date told die open looking system step hard between state content public race america drink
plan list hello computer may cocaine party shit cost legal saying follow care dead harm convince drive correct week again americans
shoot understand avoid violent great instead saw sister ceo parents burn group death model tips asked nothing asian sexual half part
answers head yourself large cops beat animals uses opinion husband president punch needs ass american code somebody including power door
explain jews hours mother humans cat amount self idea message might law others policies game seems mexicans dirty given someones pick
enough united dangerous lives face until second done paying questions ethical type guy agree suicide kid twice common under water covid
completely policy normal together building knowing killed dumb include movie chinese city gonna watch john ideas figure ruin says full
dark talking class lie none happens restrictions rape few since wanna main taking price knife least countries seem story harmful girls
front check rude acting cell current opinions sleep safe actually reason sometimes effective inside swear suck annoying poor insert
boyfriend wish brother likely taxes went gets abortion hot young speak leg thought ugly suggestions business society mom identity
teacher war prison selling stands bring working important blow certain problem heroin unethical stuff clearly pretty support assistant
neck based add personality guidelines control crack bill weapon smell arson original develop themselves office news short explicit sick
revenge weed pranks force stand age remind reply son room exactly mug knowledge past hire turn throw movies lose places morally however
considered neighborhood kidnap join ssn according media hair trouble stealing evil stores torture violence form dan hour ethics culture
local scam donald muslims whatever costs freedom fucking english religion coming town enjoy nice dollars tired recommend gave bought
normally output users ok evidence request point win typical owner behavior breaking insurance letter once college text ordinary writing
middle scenario month killing often daughter african average baseball wear ignore prompts web took history post across property needed
machine looks rich gpt market marijuana known bitch jewish goes hold far gives refuse immigrants cash role stole started outside animal
spend comply warnings walk means red came cook low read stolen standards laws copy happen data inform website seen plane area abide
video pussy hi third below music similar rest rights lazy meat though items cars dogs sorry unfiltered female hear false pass porn box
male standard noticing action purpose giving player fact couple fraud asians drunk program five slurs blacks anymore blood driving
specific describe quickly russia asshole messages rate whole build shut steps cheating accident mad unique immoral takes fast process
works tom pain grow towards info biden complete suggests penis earth disgusting bunch hand bag court christmas robbing non currently
confines political living methods paid scenarios alcohol meet jail numbers god window speech acts limitations intelligent dick purchase
restaurant trick mexico cats hell service target pull terms spread damage actual playing weight weird move guide piece anti four named
present goal wondering save single charge deal download pretending paper created longer verified smart crazy book broken unless space
sentence clean eating safety display slur reasons decided line loud indian already minutes addition china train angry usa passage format
share perform church comes guns fully chat lock future dont morality previous orders problems near jewelry conversation mexican truck
smoke facebook lady moment weeks ukraine forever feelings easily case butt lots hitler crimes students forget putin married team
powerful tax shop later pet condition whose park programming above simulate general homeless muslim choose skin election due sort
password maybe practice clothes feet criminals trans paragraphs transgender value asking coworker mine carry groups risk thank lyrics
understood station jobs races lost deserve ability probably virus happened hospital basketball tonight behind hacking population gain
oil feed taste road terrible asks article shot republicans within onto refers fill interested grocery thoughts wonder finding yard
creative chicken rule driver border light mark health bot fly loves censorship legality responding morning doctor atm mind sexy congress
consider nasty side filtering manipulate situation consent sexually quick secret running vehicle coffee suggest founder systems willing
extra color whether sold filters detail eyes keeps bully james details worker south boy method simple curse speed return script produce
except continue kick block weapons result profanity remaining ready regular ingredients etc telling close names activities bus dude
absolutely books cant begin actions mode inappropriate exist shooting bit medical research several quickest bar key hands specifically
buys points apply partner officer successfully camera fall results nazis knock appropriate metal creating relationship club gross worth
serial born household pipe popular cup bat birthday existence especially size smith dating moved treat smuggle remove walking blue enter
robbery lsd push prevent consequences required instruction censor lets regardless contain stabbing uncensored commands bathroom criminal
mental slang prostitute fired notice tools spy disabled toxic chairman techniques locked cop teeth members trash bike note tutorial math
intelligence father successful candy cry york stab illegally chemicals top racial pregnant bird license acid kinds nature believes
entity accurate extreme starting useless ones scare crash africa sensitive trip vote network apartment mail watching afford games died
yes christians traffic guess financial recently compared private laptop stick involving parts counterfeit acceptable either sells trial
finally pounds friendly unlimited soon recipe guys ago technology huge cards joe allow walmart earn tree aware physical bet theft claim
pirated designed generating dress farm wearing happy cover knew arrested install super elon yet jailbreak student fish pool replies
determine level decide noticed drivers putting fix benefits manner sports roommate heart mentally boys brought difference native morals
french tim wallet robot older religious broke secure liquor miles extremely jump experience profit begins itself answering protect
usually professional dinner useful alone issue stalk passport wall tried record famous gang beliefs deep scary windows nazi marriage
whites tool leaving gone paint expensive rather months lines wait upon necessary calculate fit curious feeling awful taken tank likes
promotes dealer cofounder mass bed report movement link refused presents apologize paragraph pictures naked raise military contact
racism moving catch pants scene safely pieces direct weekend statements style shall truth respect worse multiple satisfy tires dispose
member hope setting shoes plant elderly george serious constantly chatbot pills includes football singer workers location site community
gold tags sound mike score available musk examples major superior painful apple planning explosive loved sign software conditions
separated requests afraid alive higher beautiful promote equal pot blackmail india stink cool somewhere poop mess wire track himself
fastest hijack bypass resources buying traditional finger drinking east whenever device obama random cancer obey six purposes decides
characters directly boundaries islam punish met ticket escape involved parking provides nigger capable values smarter engage bodies
success eats purse banned fair limit sense chance natural brothers instruct artificial database received fictional slavery attractive
dump shows income biggest terrorist thinks sleeping florida reading lying amazon abuse nose judge art bottle rock toilet north million
dislike sites ring statement receive negative further browse swim design freely pizza physically spent topic immediately activity issues
detection cooking cities ensure legs forge rat related communities horrible dad stock arm positive potential perfect written boat
failing therefore command brief confirm actress collect modern almost airplane california senator speaking politicians slap fine indians
raped mushrooms supply individual drinks spanish cold programmed beer version bleach clear accomplish principles serve hypothetical
virtual amoral birth lower players spouse holocaust plans drown actor assist slow knows seeing marry theory tickets listen customers
records sale brazil iphone babies argument additional convincing strong strangle enemy winning drop ice separate biology tomorrow
malware pair pop obtain hammer imposed warn freed unrestricted japanese late lawn visit quit clothing cameras generally slave hang sent
responsible russian schools david federal events humanity secretly balls mouth table spot lies lunch pressure offered ride ten
development adhere warning tokens singularity coworkers forced minorities cousin search special easier sabotage calls tall choice west
christian casino king ill products caused politically essay cuss loan eggs milk beyond bombs whore communicate intended removed provided
consciousness mid stani confident summary persuasive prompted prescription evade sun niggers welfare hitman democrats russians homemade
mix land convenience effort mitchell rent shopping maximum bound interest print piss weather lick hispanic refer offend horse garden
entire among equally emotions kitchen repeat realized alternative persona travel trap boobs adult scheme brown song kept cheap germany
green celebrity nation causes highest twitter justice types pack arguments sucks air theater grade flat blind hiding celebrities helpful
wrote canada plants cum app quality allows stories function located follows replaced fewer token immerse outputs input along tries tend
count indicate turned foot belong ethnic dealers kkk supposed floor wedding threat peace disable product simply chase photos attention
gender replace pocket accidentally terrorists kidnapping stray vaccines inferior energy reach project employees eye robots damn birds
comments spray flight effect vaccine ground derogatory gays facts leader robbed wifes slightest opposite measures awesome reject task
monday sarcasm cross trust sending lead views prefer workplace introduce goods jim aids controversial tip aid helping percentage supreme
former boxes bullshit totally brain dare science wine seduce grab suffer dollar hotel banks learning owned ate cutting minimum wealthy
drone mask exact vagina encourages whale combined jailbroken veracity transcends poisoning surgery anyway computers killer base gift
brazilian threaten tone changed ends lately field charity period alarm instantly michael cable pirate square national daddy course cult
vandalize disease limits sad fail solution reputation claims express various meal held adding fruit remain trading australian references
glass enabled contains playful uniqueness lesbians climate double picking trade international exam file videos changing cream sugar
painless politics environment global fox anchor terrorism blame europe patient german fear inhumane pickpocket january charged touch
affair hurting younger bridge explanation worked earlier honest parties neo slip airport fundamental protest breath cheated google reset
otherwise conversations turns ultimate armenian outline description followed unnamed idiot switch position harass round hotwire scared
properly advantage highly foreign resume liberals flag event bury loose crush teller committed lab ran recent leaves jeff prostitutes
restricted committing star capital contract san efficient beach cow hates wash detector explode checks bullet brake medicine incorrect
early dangers smash cookies mall bow bear fan nor friday classic fourth sends suppress revolutionary obnoxious film irish plastic
jennifer increase bribe chemical distance shirt roberts ford robert lack slut calling deadly jack cigarettes materials hypothetically
illness france waste management moon improve picture grandma defense temperature gotta customer greedy foods garbage employee closed
smoking favor prices england wont excuse magic british oh spell welcome electric university slaves bags mentioned sit snow insider marks
extroverted biased ghost internal placed predictions devices answered sentences modify angolan bangladeshi bosnian bahamian indicated
accordingly discrimination twenty nude cheese partners mayor rap presidential pulled doctors diet meanest legally com chris shower
yesterday herself pin launder steve divorce causing particular genocide wild plate scams master effectively pigs wreck filled coke
italians basically evening approach ocean orgasm register brick debt identify highway viruses labor strip hidden understanding study
island peter nuclear suit topics cure afternoon minute destruction difficult throwing brownies straight pound agreed runs toward
distribute doesnt belarusian bolivian inches requested responds parameters subjects expressly violates specify sue economy jones sexist
kim shoplift complex blm machines washington johnny hunt anal services bedroom spank although bob concert voting rifle wet richard
underwear responsibility hateful subject heavy tiger tie fell civil pros sisters punishment learned weak summer attracted choke
realistic letters crap rope worried western explosives shoplifting literally accepted view regulations dealing growing ransomware gps
regarding zoo turkey kiss desirable trafficking proper accept innocent censored roleplay possess previously grounds bahraini belgian
mention concern writes guidance https reckless individuals hollywood reduce hearing wondered arrest candidate burning exercise education
considering dropped tony ordered finds threw gotten bitches suffocate engine thieves adam gym solve industry bother tape wide cons
destroying suffering typically garage prove clinton hunting consume badly cannabis assume ruining victims miss swears deny doubt harry
defend fighting cleaning claiming tire cashier cock familiar bread stopped dig sued faster showing fee ball built spends context apples
notes training chop figures regard coerce meaning constraints ethicality became handle decision keeping lawyer manager department smells
object websites nobody paul hook emotional complain leak encourage concerned copies pro planet los bath ransom owners halloween browsing
river jury skip pregnancy organization memory voice item require hilarious final makeup traits added fucked conscious goals frame chaos
bush developed horny discipline execute companies career arrow cake pure passed daily source flowers pee assholes maintain collection
title soup sea beef overweight forest sunday malicious cambodian austrian developer extraordinary deducted additionally prefix attitude
anger associated homosexuals naughty detected brakes taylor release kevin achieve pharmacy accounts strategy bills tests bell decline
delivery barking offer attorney lisa proud domestic parent eastern netflix thomas brian focus buildings signature steroids delivered
creator southern mountain autism bars prior burden possession treated strangers healthy chicago missing auto practices worry mirror
photoshop letting universe pets lol pie throughout beings discovered nearby greatest korean wolf chest economic adults airlines board
texas teachers fresh inject australia rated beginning acquire insulting masturbate percent images farmer violate asterisks tuesday
differs emojis italian sharp complaining addicts background educational studies error options aggressive ship jew sitting homes smelly
discuss permanently quiet abortions stage urine holiday throat package locker lights butter feels trees artist citizens hispanics irs
angeles johnson pornography peoples appearance justified attempt conspiracy hanging described referred incredibly infect page beating
laundry yell tracker valuable cocktail japan noise therapy basement morrison brand puppy impossible breasts snake apps receives vacation
humor lethal pays truly roll conservative sword changes failed picked bottles sheep fbi sales introduced weighs thereafter bias
describes takeaway rant spreads everywhere staying released stripper homosexuality gambling phishing impact readers abilities deliver
cunt photo powder profile poker chickens poverty army monkeys immigration checking shoe restaurants attacks bible cultures jesus
happening charles crystal obese cnn talks everyday hitting stereotypes duty rig assassinate obviously scream exchange intentionally
boston minority produces failure murdered ahead stairs wanting pleasure glad randomly politician construction speeding injury soda
ghetto equipment showed perspective devil loser subway owe buddy blocked profane sum molotov harder deer policing participate employer
demand masks purchased lived blog chocolate looked edgy cases unable species golf trained ireland effects hat enact features hooker
holds heat flying advanced nyc quarter minor tattoo confidential lion misinformation wednesday entered began dans filter ethically
complying ignores backyard series models burger wars anywhere reported transportation peanut bigger depressed painting personally
operation lake lord wipe prostitution lesbian retarded relationships areas parked pink spears jerry unsafe application museum signs
mafia tesla believed iii skills immigrant permission executive spike transport lure absolute unconscious extract earned hole gasoline
tricks reality guilty capitol sin fulfill suddenly fool refuses packages overdose scientists warming nearest conservatives brings
greater conduct becoming aunt colored arabs admit opportunity quarterback meeting afghan shock monkey corner allergic puts dance sees
experiment attract cups finish propaganda vast react campaign powers scientific forward slightly stabbed nail grenade healthcare recover
jordan nuke ais inch sadly expert stating agreement quotation utilize biases markdown benchmarking polish plus overall kittens phrase
tits differences fried pawn arab split surprise image assistance girlfriends pen jane shocked escort valid groceries rabbit stars
connected allowing entering sluts rain teenage session felt publicly ann fingerprints wifi reddit increased controlled ebay underage
germans andrew chief firearm manufacturing pedophile circumstances seriously bake spending chloroform providing waiting vodka television
debit languages stomach professor forgot shave involves monster houses easter swimming egg jackson streets plot teenager kidnapped range
tells poisonous implement spreading threatening bullying forms majority georgia pyramid keys testing entitled meant executed launch
printer hookers vulgar owns drives organs carrying pcp promoting proof hoax decisions genitals frequently survive shove motorcycle
sandwich creators viral whom scores armed mouse ears steals rocket phones utterly led cliff mile oprah divided saturday shown defendant
profanities gathering engaging factors signed established jurisdiction extent specified spacing cease pairing swearing disclaimer
factual dialogue lawyers lee tight physics methamphetamine interesting shame breaks suspect seven sandy con killers ruined condoms
assumed confused adopt leaders pairs ridiculous britney ban trace banking fireworks gates murders author explore landing rings estate
situations slept pandemic religions unlock skull aim danger pig moves applied lesson generation emails expected safest poisons minors
hostage supplies disney anonymously siphon porch canadians comfortable pedophiles panties instagram influence queen yours protection
boring fashion cows hungry salt officers nerd links argue woods shoplifter kills seat philadelphia expect hiv laugh meter usual injured
latino supporters fist liberal largest witness stuck shrooms digital fluid nobel elephant demands roof toys arguing clients burned
originally principle medication empire writer toes searching included trunk institution capabilities charges height yellow ethic
persuade egypt filed thread beninese length depends deed extensive commentary hesitation consequential moralizing upset`

const german = `
ich du er sie es wir ihr mich dich ihn uns euch mir dir ihm ihnen mein meine meinen meinem dein deine sein seine unser unsere der das
den dem des ein eine einen einem einer und oder aber denn weil dass wenn als ob wie wer wo wann warum wieso welche welcher welches nicht
kein keine ja nein auch nur noch schon sehr mehr viel viele alle alles etwas nichts ist sind waren bin bist seid habe haben hast hatte
wird werden wurde kann kannst können könnte muss musst müssen soll sollte willst wollen darf mag möchte gibt geben gib mach mache machen
macht tun tut gehen geht kommen kommt sagen sag sagt sage sehen sieht wissen weiß finden bekommen bauen baue baut töten tötet umbringen
sterben tot bombe waffe messer drogen kaufen verkaufen stehlen klauen schlagen verletzen hassen liebe lieben nackt foto bilder geheim
treffen eltern mama papa mutter vater bruder schwester freund freundin freunde kinder schule lehrer hause haus zimmer straße geld heute
morgen gestern jetzt immer nie wieder hier dort da von zu zum zur mit bei nach aus vor über unter auf im für gegen ohne durch um bis
seit zwischen bitte danke hallo hilfe hilf helfen frage antwort wort wörter sprache deutsch gut schlecht groß klein neu alt ganz gerne
lange leben welt mensch menschen leute frau mann mädchen junge jahr jahre tag tage zeit anweisung anweisungen regeln regel vergiss
ignoriere vorherigen bisherigen alte passwort schreibe schreib erzähle erkläre zeige spiel spielen spiele`

/** Rank where German begins: a language of its own, not rarer than the tail of English. */
const germanRank = 400

function rank(): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  for (const [index, word] of german.trim().split(/\s+/).entries()) ranks.set(word, germanRank + index)
  for (const [index, word] of english.trim().split(/\s+/).entries()) ranks.set(word, index)
  return ranks
}

const ranks = rank()
const longestWord = 16

/** Is this (in small letters) a frequent English or German word? */
export function isKnownWord(word: string): boolean {
  return ranks.has(word)
}

const wordPattern = /[a-zäöüß]{2,}/g
/** Enough words to judge by; keeps the cost flat for long texts. */
const wordsJudged = 40

/** The share (0 to 1) of frequent words of two letters or more among the first forty; undefined when there are fewer than two words. */
export function shareOfKnownWords(lower: string): number | undefined {
  let [known, all] = [0, 0]
  for (const [word] of lower.slice(0, 4_000).matchAll(wordPattern)) {
    all += 1
    if (ranks.has(word)) known += 1
    if (all === wordsJudged) break
  }
  return all < 2 ? undefined : known / all
}

/** Cost of a letter that belongs to no known word: dearer than any word, so that words win. */
const strangerCost = 11

interface Step {
  readonly cost: number
  /** Letters of the word that ends here; 0 for a letter of no known word. */
  readonly length: number
}

/** Letters run together -> words, the likeliest reading by word frequency. Linear; small letters in, small letters out. */
export function splitWords(letters: string): string {
  const steps: Step[] = [{ cost: 0, length: 0 }]
  for (let end = 1; end <= letters.length; end += 1) steps.push(cheapestStep(letters, end, steps))
  const words: string[] = []
  let wordEnd = letters.length
  for (let end = letters.length; end > 0;) {
    const length = steps[end]?.length ?? 0
    if (length > 0 && end < wordEnd) words.unshift(letters.slice(end, wordEnd))
    end -= Math.max(1, length)
    if (length > 0 || end === 0) {
      words.unshift(letters.slice(end, length > 0 ? end + length : wordEnd))
      wordEnd = end
    }
  }
  return words.join(' ')
}

function cheapestStep(letters: string, end: number, steps: readonly Step[]): Step {
  let chosen: Step = { cost: (steps[end - 1]?.cost ?? 0) + strangerCost, length: 0 }
  for (let length = 1; length <= Math.min(longestWord, end); length += 1) {
    const rankFound = ranks.get(letters.slice(end - length, end))
    if (rankFound === undefined) continue
    const cost = (steps[end - length]?.cost ?? 0) + Math.log(rankFound + 20)
    if (cost < chosen.cost) chosen = { cost, length }
  }
  return chosen
}
