"""Our own small lists: what kind a word is, which words mean two things, and where they mean no harm.

The long lists come from packages (see `core.filters.lexicon`). These lines are only what the packages do not say.
Every value is words parted by white space, or phrases parted by ` · `.
"""

MILD = """
ass asses arse arses arsed bastard bastards bollocks bollock bugger buggers buggered buggery crap crappy crapped
crapping crapper damn damned dammit damnit goddamn goddamned goddammit goddam godamn piss pissed pisses pissing
pisser butt butts turd turds fart farts farted bloody jackass jackasses smartass dumbass dumbasses
badass fatass lardass douche douches douchebag douchebags douchey screwed bellend tosser wanker sod prick pricks
knobhead wtf stfu omfg lmfao scumbag scumbags bimbo bimbos hussy dipshit tush tushy schlong dingleberry
dingleberries cock cocks dick dicks tit tits titty titties
"""

STRONG = """
fuck fucks fucked fucker fuckers fucking fuckin motherfucker motherfuckers shit shits shitty bullshit shite
shithead bitch bitches bitching bitchy bitched biatch beotch bytch asshole assholes arsehole arseholes asshat
cunt cunts twat twats dickhead dickheads cocksucker cocksuckers pussy pussies whore whores whoring whored slut
sluts slutty wank wanks wanked wanking wankers skank skanks fuk fuq fux fvck phuck phuk fck fcuk fcking fuc mofo
mofos gtfo terd terds muther fook cuck cucks cucked cucking knobend horseshit batshit apeshit dogshit pigshit retard
retards retarded spastic
"""
STRONG_PHRASES = """
son of a bitch · piece of shit · go to hell · ta gueule · fils de pute · nique ta mere · va te faire foutre ·
hijo de puta · vete a la mierda · figlio di puttana · leck mich am arsch · fick dich · filho da puta · krijg de
"""

SLUR = """
nigger niggers nigga niggas niggaz niggah nigguh niglet nig faggot faggots faggy fag fags kike kikes kyke spic
spics spick chink chinks gook gooks coon coons wetback wetbacks beaner beaners towelhead towelheads raghead
ragheads jigaboo jiggaboo jigaboos jiggerboo darkie darkies tranny trannies shemale shemales dyke dykes paki
pakis wop wops dago dagos honky honkey honkies gringo polack polacks kraut krauts jap japs heeb hymie sheeny yid
yids gyppo gippo pikey pikeys gypo slanteye zipperhead cameljockey sandnigger junglebunny porchmonkey mudslime
muzzie muzzies wigger wiggers boong boongs coonass furfag lesbo lesbos lezzie lezzies lezzy lezbo homo homos poofter
poofters poof nigra
nignog libtard mong untermensch untermenschen subhuman subhumans bulldyke fudgepacker carpetmuncher muffdiver
muffdiving neonazi kkk
"""
SLUR_PHRASES = """
white power · nig nog · camel jockey · porch monkey · jungle bunny · sand nigger · sieg heil · heil hitler ·
gas the jews · fudge packer · carpet muncher · muff diver
"""

DATED = """
redskin redskins squaw squaws injun injuns negro negroes negress chinaman chinamen golliwog golliwogs sambo
pickaninny pickaninnies picaninny darky darkies mongoloid redneck rednecks halfbreed
"""
"""Words of old books that hurt today."""

SUGGESTIVE = """
sex sexy nude nudes nudity naked topless boob boobs boobies breasts nipple nipples panties panty erotic
erotica erotism lust lusting horny kinky fetish seduce seduced seduction busty playboy undressing stripper
strippers striptease hooker hookers bondage voyeur intercourse lovemaking testicle
testicles genitals genital vagina vaginas penis penises anus scrotum vulva labia clitoris foreskin pubic pubes
orgasm orgasms virginity aphrodisiac semen sperm dominatrix domination swinger fondle fondled fondling
erection crotch groin cleavage aroused arousal threesome arousing sensual sensually bareback ejaculate
ejaculated ejaculates ejaculating ejaculation
"""
SUGGESTIVE_PHRASES = """
booty call · strip club · hot chick · sleep with me · make love · made love · making love · turned on ·
turns me on · turn me on
"""

SEXUAL = """
jism jizm cawk cawks kawk kums masturbator masturbators pornographer pornographers porn porno pornos pornography
pornographic cum cums cumming jizz jizzed jizzing blowjob blowjobs handjob
handjobs rimjob rimjobs footjob fellatio cunnilingus anilingus masturbate masturbates masturbated masturbating
masturbation dildo dildos vibrator buttplug gangbang gangbangs gangbanged orgy orgies creampie deepthroat
deepthroated hentai milf milfs bdsm femdom xxx bukkake anal fisting clit clits sodomy sodomize sodomized incest
bestiality beastiality zoophilia camgirl upskirt nympho cumshot cumshots doggystyle sexting
"""
SEXUAL_PHRASES = """
blow job · hand job · foot job · rim job · gang bang · deep throat · doggy style · jerk off · jerked off ·
jerking off · jack off · sex slave · golden shower · strap on · spread her legs · spread your legs ·
between her legs · suck my · ride me · inside of me · my load · wet dream · oral sex · group sex · phone sex ·
butt plug
"""

MINORS = """
pedo pedos paedo paedos pedophile pedophiles paedophile paedophiles pedobear pthc lolicon shotacon jailbait
nambla loli shota
"""
MINORS_PHRASES = """
child porn · child pornography · kiddie porn · jail bait · barely legal · underage sex · sex with minors ·
sex with children · sex with a minor · sex with a child · underage girl · underage girls · preteen
"""

RAPE = """
rape rapes raped raping rapist rapists raper rapey daterape molest molested molesting molester
"""
RAPE_PHRASES = """
date rape
"""

GORE = """
disembowel disemboweled disembowelled disemboweling disembowelling eviscerate eviscerated entrails dismember
dismembered dismembering dismemberment decapitate decapitated decapitation behead beheaded beheading beheadings
mutilate mutilated mutilation viscera bloodbath goregasm guro snuff bastinado strappado
"""

DRUGS = """
amphetamine amphetamines cocaine heroin meth methamphetamine crystalmeth mdma ketamine fentanyl crackhead cokehead
spliff marijuana
cannabis ganja
"""

SELF_HARM = """
kys suicidal
"""
SELF_HARM_PHRASES = """
self harm · self harmed · self harming · self harmer · hurt myself · hurting myself · kill myself ·
killing myself · hate myself · cut myself again · cutting myself · burn myself · end my life · ending my life ·
want to die · wanna die · better off dead · thinking about suicide · think about suicide · suicidal thoughts ·
commit suicide · committing suicide · end it all · slit my wrists · point in living · take my own life ·
starve myself · purge after · want to disappear forever · do not want to live · don t want to live ·
no reason to live · wish i was dead · wish i were dead · killing herself · better off without me ·
kill yourself · hang yourself · cut yourself · slit your wrists · go die · drink bleach · neck yourself ·
end your life · hurt yourself
"""

THREAT_PHRASES = """
i know where you live · shoot up the school · shoot up my school · shoot up our school · bomb the school ·
blow up the school · kill the president · i will kill you in real life · kill you in real life · kill you irl ·
stab my teacher · kill my teacher · shoot my teacher · rape you · find where you live and ·
bring a gun to school · bringing a gun to school
"""

TWO_SENSES = """
cipa kunt kunts neonazi ass asses arse bloody butt butts cock cocks dick dicks pussy prick pricks tit tits titty
screwed suck sucks sucked sucker git sod hoe coon coons chink chinks dyke dykes fag fags jap nip queer queers
homo homos cracker redneck poof spick nig negro negroes wop dago kraut krauts honky gringo naked breast breasts
virgin escort domination bondage panty thrust moan moaned moans moaning naughty hardcore snuff gore anal cum
cums nude snatch beaver knob wang dong fanny willy randy pot weed sambo squaw redskin redskins nigra mong yid
lolita loli crotch groin swinger thong crap turd lust slut bitch retard retarded shag spunk hooker douche tush
schlong strip
"""
"""Words with an innocent sense: not looked for inside other words or across typos."""

INNOCENT = """
fagot fagots pedophilia paedophilia condom viagra thong poop goodpoop
heshe guro orina cummer cummers spac titt pusse pussi raunch kink muzzie muzzies sharking heroines heroine
titter titters damnation hell lmao omg heck god gay gays lesbian lesbians bisexual transsexual breasts kill
murder stroke slave organ organs hiv pms womb ovary uterus hemp rum vodka drunk fat stupid ugly dummy homey jerk
balls arian aryan gaylord virgin erect facial rump pawn paddy sniper steamy strip thug tramp tampon vomit wench
weirdo whiz willies willy woody racy revue pasty len leper loin loins lech knob hump screw seaman seamen slope
snowballing shrimping skeet scissoring dink flange fingering fecal eunuch pecker pegging poon scat
twinkie wang fanny snatch suck sucks shag spunk swastika nazi hitler reich klan napalm thrust
hooter hooters cowgirl cowgirls poof massa duche hore punky guido ruski tard herp nad nads muther
nutten shiz skag foobar fubar hoare kummer bs mf xx fack hoor gai gae teste teets teez pron pastie vag
menses abortion enlargement uzi maxi beastial bestial screwing queer queers sexual sexually sexuality prostitute
prostitutes prostitution escort hardcore lolita lsd suicide nip sucked sucker sucking git naughty
negros opiate whitey lesbo kinky tittie clittie domination
"""
INNOCENT_PHRASES = """
taste my · tied up · tainted love · girl on · three some · jelly donut · how to kill · big black · tight white ·
hard core · piss off
"""
"""Listed by some package, but not by us: too ordinary, medical, or a name."""

NAMES = """
dick dicks fanny willy randy dong wang kraut sambo lolita johnson cox cummings cumming cuming lipshitz lipschitz
weiner lust lustig crapper crappers bastardo wankham pissen cocks butts butt slutsky slutskaya
"""
"""Words that are names when each is written with a capital."""

SURNAMES = """
coon coons dyke dykes hooker hookers fick fagg faggin japp quim nigg spick boner hardon raper gay cocks titty fuk
fucks kunt kuntz bitch ballsack cunter wank paki
"""
"""Words that are names when each is written with a capital and stands behind a title, such as Mr."""

TITLES = """
mr mrs ms miss dr prof professor captain sir lady lord aunt uncle inspector sergeant colonel major sister brother
father mother cousin president senator judge herr frau madame monsieur don van
"""

COMPANY = """
bitch bitches: puppies pups puppy litter whelp whelped whelps kennel kennels breeder hound hounds terrier
spaniel
· faggot faggots: peas gravy sticks twigs firewood kindling bundle bundles mash ate eat dinner supper fried
baked cooked
· fag fags: smoked smoke smoking lit cigarette cigarettes packet ash lighter puff puffed
· dyke dykes: sea dutch holland flood floods flooded polder meadow tide ditch ditches dam sluice
· cock cocks: hen hens crow crowed crows crowing rooster farmyard barnyard weather feathers comb dawn fought
barn weathervane musket pistol hammer
· tit tits: bird birds nest nests feeder finch finches robin sparrow sparrows seeds chirped sang
· ass asses: donkey donkeys ox mule mules saddle burden bray brayed stable manger jawbone balaam
· prick pricked: thorn needle sausages fork ears finger spindle
· butt butts: goat rifle cigarette cigarettes rain barrel archery
· pussy: kitten kittens willow whiskers mouse mice purr purred piano
· retard retarded: growth fire flame flames
· coon coons: hound hounds hunting tree treed maine
· rape: seed oilseed fields yellow harvest
· sod: turf grass lawn
· bloody: war battle nose hands knee sword wound bandage battlefield axe
· dildo: newfoundland
"""
"""Words, and after the colon others that show near them that they are meant innocently."""

ELSEWHERE = """
och att som den det inte han hon jag ett pa med sa var till ar: slut fart farten fick sex kock dock
· og at som det der ikke han hun jeg en pa med til var: slut fart farten sex
· der die das und ist nicht ein eine mit den sie er ich wir dem zu am im auf: dick dicke dicken dicker dickes
fick sex po mist arsch nackt fahrt sau assen stich
· le la les des une est dans et il elle avec son sa du que pour je un dit en ma mon: retard retards bite pet
pets cul zut con sein seins chatte phoque suce sucer
· de het een en van is niet op hij zij met ze was in: dik dikke dikste hoor kok kut dick slip
· el la los las una que y en con por su es se un no: coge coger concha polla negro negra negros pecho puta
· il la che di un una e per con si non sul lo: fiche sega cazzotto
· o a os as um uma que e de com na no: pau rapariga
· ve bir bu da de icin ile cok gole her: am sik
"""
"""Everyday words of a language, and after the colon words that are harmless in it; two of the first show
which it is."""

HARMLESS = """
moby dick · dick tracy · dick turpin · dick whittington · philip k dick · tom dick and harry · spotted dick · cum
laude · booby trap · booby traps · booby trapped · pussy willow · pussy willows · pussy cat · pussy cats · pussy
riot · chink in the armour · chink in the armor · chink in his armour · chink in her armour · chink in the wall ·
chinks in the wall · chinks of · chink of · chink between · the chinks · every chink · chink or · chink of light ·
chinks of light · chinks in the armour · chinks in the armor · a chink in · bastard sword · bastard swords · maine
coon · maine coons · coon cat · coon hound · weather cock · cock crow · cock crowed · the cock crows · cock a doodle
· cock and bull · half cock · stop cock · cock robin · cock fight · great tit · blue tit · coal tit · marsh tit ·
willow tit · great tits · blue tits · tit for tat · tits and finches · wild ass · wild asses · an ass and · ox and
ass · ox or ass · ass and foal · an ass colt · jack ass · pack ass · cracker barrel · butt of · butts of · water
butt · rifle butt · cigarette butt · butt end · butt in · head butt · naked eye · naked blade · naked flame · naked
sword · naked steel · naked truth · naked boughs · naked trees · naked singularity · prick of conscience · prick up
· prick of a · pin prick · prick his ears · bloody mary · bloody sunday · bloody war · bloody battle · virgin mary ·
virgin forest · virgin snow · virgin islands · extra virgin · virgin olive oil · same sex · safe sex · sex education
· fairer sex · fair sex · opposite sex · weaker sex · gentle sex · either sex · both sexes · her sex · his sex · my
sex · our sex · your sex · sex change · stuffed with shit · sucked in · sucks in · sucked into · sucked up · sucked
the · sucked on · suck the poison · sucker punch · screwed the · screwed up his · screwed up her · screwed it ·
screwed on · screwed down · screwed into · fag end · fag ends · burning fag · dutch dyke · the dyke broke · dyke
burst · dykes and · queer look · queer feeling · queer old · queer little · queer thing · queer fish · how queer ·
very queer · rather queer · queer folk · jap cedar · bondage in egypt · gore tex · al gore · breast stroke · breast
plate · breast pocket · chicken breast · robin red breast · red breast · his breast · double breasted · thong
sandals · snuff box · snuff out · snuff boxes · pinch of snuff · took snuff · retarded growth · fire retard · dam
burst · drug store · constitutes rape · definition of rape · rape is a crime · suicide squeeze ·
suicide prevention · want to die of · wanna die of · want to die laughing · i
want to die in battle · want to die as · want to die with
"""

ROOTS = """
fuck shit cunt twat bitch whore slut wank nigger nigga faggot kike spic paki jizz porn dildo pussy asshole
arsehole bastard blowjob cocksuck beaner tranny gook wetback retard
"""
"""Short words that are looked for inside longer ones too."""

HARD_ROOTS = "fuck faggot asshole arsehole motherf"
"""Letters that no innocent word holds: found inside any word that the dictionary does not know."""

FRONTS = "a x xx my mr u yo ya ur you the super mega ultra"

ENDS = """
xx xxx the you mega ultra face head hole wit wits tard tards bag bags boy boys girl lord ster er ers ed s es ing
in ings y ie sie ish ism z a o x able inator ty ier iest fest storm pot hat nut nuts off up tastic
"""
"""What may be glued to a root, besides any everyday word."""

PLACES = """
lipshitz lipschitz slutsky lustig wankham fagg faggin japp cuntz pornichet pornic paks shittim faggeto fugging
cuming shatner titlis middelfart fingringhoe wetwang scunthorpes snigger sniggerer niggards scunthorpe penistone
clitheroe cockermouth bitchfield shitterton lightwater cockburn cockburns titchmarsh dickinson dickens sussex essex
middlesex arsenal matsushita shitzu shitake shiitake fukuoka fukushima fuchsia fuchs phuket nigeria niger nigerian
nigel fagin spicer spicey cumin cummings cunningham cunard kikes dikshit analyst pakistani pakistan takeshita
nipplewort cockatiel hancock babcock alcock hitchcock twatt wankel assange assad assam titania buttermere fuca fuk
shite shirts twain whoreson pussin slutsk kiki kick kicks cut cuts cute sex six ducks duck luck buck tuck shot ship
shut bench batch butch botch aunt hunt runt punt whole where were wore horse hoarse sift skit spit slit flit
"""
"""Names and near neighbours that no typo or split may turn into a listed word."""

FOREIGN_INNOCENT = """
fagot fagots pedophilia paedophilia pede sega pina lechuga mose scheibe caca pedo sexo pinche marica asesinato
infierno drogas idiota bitte pipi
folle gueule bordel baiser fica fava vacca palle pesce monta balle mussa poot reet nicht johny beurt schatje
saco amador cerveja boku subba pippa molo panna pano muna piru lort luder kunda fing pocs szar seks helvete
droga droge dios infer bobo pute tante bite mince mama papa
мент манда хрен секс なめ 人妻 グロ ファンタジー 女装 誘惑 挿入 人種 支配
おっぱい 拷問 奴隷 変態 デブ 망가 애자 염병 고자 미친 変 ホモ
"""
"""Words of other languages that the packages list and that are too ordinary there or elsewhere."""
