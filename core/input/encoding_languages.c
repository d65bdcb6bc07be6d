/* encoding_languages.c: how often the letters of languages are met. Rough figures of general knowledge suffice: they
 * only have to tell a text from the same bytes read wrongly. */
#include "core/input/encoding_evidence.h"

const hr_language hr_languages[] = {
    {"western names", HR_SCRIPT_LATIN, -0.5f,
     "é50á20í18ó18ö18ü20ä15ñ12ç10ã8è12ú8ø6å8ô6ê6ë5â5ï3ß4à6î3õ3æ3ò5ù4û2ì4ý2š3œ2ž2ð1þ1ÿ1",
     "the of and to in is for on with that a as at by it or from"},
    {"German", HR_SCRIPT_LATIN, 0, "ä35ö20ü40ß18é1", "der die das und ist nicht ein von mit den im auf dem sich des"},
    {"French", HR_SCRIPT_LATIN, 0, "é60è11à13ê8ç5î2ô4û2ù1ë1ï1â2œ2ü1",
     "le la les des du et est une dans pour que sur par au il"},
    {"Spanish", HR_SCRIPT_LATIN, 0, "ó30í25á20é15ñ10ú7ü1", "de la el los las del que y en con por para se una es"},
    {"Portuguese", HR_SCRIPT_LATIN, 0, "ã25ç18á15é13í12ó8õ6ê10â4ú4à2ô3",
     "de do da dos das em que para com uma os e as no na"},
    {"Italian", HR_SCRIPT_LATIN, -0.5f, "à35è30ò15ù15é8ì8", "di del della il che per con non una gli nel le la e si"},
    {"Dutch", HR_SCRIPT_LATIN, -1, "ë40é25ï12ö8ü4è5ç2ê2", "van het een de en op voor met te dat is zijn"},
    {"Swedish", HR_SCRIPT_LATIN, -0.5f, "ä45å35ö35é2", "och att det som en av den med till om har"},
    {"Danish", HR_SCRIPT_LATIN, -0.5f, "å38ø38æ25é2", "og er af det en til som den med ikke har ei"},
    {"Finnish", HR_SCRIPT_LATIN, -1, "ä75ö12å1é1š1", "ja on oli ei se ovat sen kun mutta"},
    {"Icelandic", HR_SCRIPT_LATIN, -3, "á20ð35é6í18ó12ö10ú9ý4þ12æ9", "og er um en var sem af til hann"},
    {"Catalan", HR_SCRIPT_LATIN, -1.5f, "à25è15é20í12ï3ò10ó25ú5ü1ç6", "de la el els les i que en per amb del una"},
    {"Irish", HR_SCRIPT_LATIN, -2.5f, "á30é20í30ó15ú10", "an na agus is ar le go ag i"},
    {"Albanian", HR_SCRIPT_LATIN, -3, "ë90ç10", "dhe e i me nga si ka"},
    {"Estonian", HR_SCRIPT_LATIN, -1.5f, "ä38õ33ü28ö9š2ž1", "ja on ei mis oli ning kui ka"},
    {"Turkish", HR_SCRIPT_LATIN, -0.5f, "ı40ş20ğ12ü20ö9ç11İ6â1", "ve bir bu ile da de olarak en daha olan"},
    {"Romanian", HR_SCRIPT_LATIN, -1, "ă38â15î18ş14ţ14", "de la din este cu pe care sau un si a o al"},
    {"Romanian with commas", HR_SCRIPT_LATIN, -3, "ă38â15î18ș14ț14", "de la din este cu pe care sau un si a o al"},
    {"Polish", HR_SCRIPT_LATIN, -0.5f, "ą20ć8ę22ł35ń5ó17ś14ź2ż17", "w z na nie jest do od przez dla oraz po i o ze"},
    {"Czech", HR_SCRIPT_LATIN, -0.5f, "á22č10ď1é13ě16í32ň1ó1ř12š8ť1ú2ů6ý11ž10",
     "je na se v z do pro jako po byl a s od"},
    {"Slovak", HR_SCRIPT_LATIN, -1, "á23ä1č13ď2é10í14ľ6ĺ1ň3ó2ô2ŕ1š10ť6ú11ý12ž11",
     "je na sa v z do pre ako po bol a s od"},
    {"Hungarian", HR_SCRIPT_LATIN, -0.5f, "á35é35í6ó11ö11ő9ú4ü6ű3", "a az egy volt meg hogy nem is de ez"},
    {"Croatian", HR_SCRIPT_LATIN, -1, "č25ć20đ7š25ž22", "je u na se i za su od koji da iz s"},
    {"Slovene", HR_SCRIPT_LATIN, -1.5f, "č40š25ž18ć2đ1", "je v in na se za so od ki da iz s"},
    {"Lithuanian", HR_SCRIPT_LATIN, -1.5f, "ą6č5ę3ė17į5š13ų12ū5ž9", "ir yra kaip buvo su bei nuo kad"},
    {"Latvian", HR_SCRIPT_LATIN, -1.5f, "ā40č2ē18ģ2ī20ķ3ļ4ņ6š10ū12ž3", "ir un par kas no ar tika bija uz"},
    {"Esperanto", HR_SCRIPT_LATIN, -4, "ĉ8ĝ15ĥ1ĵ4ŝ6ŭ15", "la kaj de estas en al por kiu ke"},
    {"Maltese", HR_SCRIPT_LATIN, -5, "ħ40ġ15ż20ċ10à5", "li ta il u ma huwa"},
    {"Welsh", HR_SCRIPT_LATIN, -5, "ŵ10ŷ10â10ê5ô10î4ï2", "y yn yr a ac ar ei i o"},
    {"Vietnamese", HR_SCRIPT_LATIN, -1, "à20á20â30ă12đ25ê32ô32ơ28ư42è3é4í6ó8ù3ú4ò3ì3̀15̉7̃6́20̣18",
     "cho trong khi sinh ra con theo hay"},
    {"Russian", HR_SCRIPT_CYRILLIC, 0,
     "о1097е845а801и735н670т626с547р473в454л440к349м321д298п281у262я201ы190ь174г170з165б159ч144й121х97ж94ш73ю64ц48щ36э32ф26"
     "ъ4ё4",
     ""},
    {"Ukrainian", HR_SCRIPT_CYRILLIC, -1,
     "о940а830н680и620в550і570т550р480е460с410к350л340м300д310у330п280я240з230ь180г160б170ч140й130х110ц80ж80ю70ї60є45ш65щ40"
     "ф25ґ1",
     ""},
    {"Belarusian", HR_SCRIPT_CYRILLIC, -3,
     "а1650н660і600р500т460с480о400е440к400л400у380д350в300м260п280ы420з300я330ь220г170б180ч160й140ў150х100ж90ц230ш80ю60э80ё60"
     "ф20",
     ""},
    {"Bulgarian", HR_SCRIPT_CYRILLIC, -1,
     "а1190о910и870е860т740н720р500с540в430л370к330д350п290м240ъ180з210я170г170б150ч140у160ж80щ70ц60ш50ю20х70ф20й70ь2",
     ""},
    {"Serbian", HR_SCRIPT_CYRILLIC, -2,
     "а1150о920и910е900н550т450р450с470у430д370ј500к370в360л290м350п290з160г160б150ш100ч100ц80ж60ћ60ђ20љ50њ70х60ф20џ2ѓ1ќ3ѕ2",
     ""},
    {"Greek", HR_SCRIPT_GREEK, 0,
     "α950ο820ι750ε690τ770σ450ν650η460υ370ρ420π400κ400μ330λ270ς370ω180ά250έ220ό240ί270ή200ύ130ώ100γ170δ170θ120χ110φ80β60ξ40ζ40"
     "ψ20ϊ5ϋ1ΐ1",
     ""},
    {"Hebrew", HR_SCRIPT_HEBREW, 0, "י110ו105ה90ל75א63ר57ת52ב48ש45מ60ם28נ35ד27ע32ח25ק22פ20כ22ט13ן15ס15ג13ז13צ12ך8ף3ץ2",
     ""},
    {"Arabic", HR_SCRIPT_ARABIC, 0,
     "ا160ل120ي80م65و65ن65ر50ت55ه30ة40ب35ع35د30س28ف28ك22ق20ح18أ25إ12ج12ى10ش10ط10ص10ء5خ8ذ6ث5ض6ز7غ5ئ5ظ2آ2ؤ2", ""},
    {"Persian", HR_SCRIPT_ARABIC, -2,
     "ا140ي100ر75د70ن70ه65م55و55ت45ب40س35ش32ل28ک25گ12ز25ف15ق10خ12ع12پ10ج10ح10آ10چ5ص6ط4غ4ض3ظ2ذ2ث1ئ2أ1ژ1", ""},
    {"Thai", HR_SCRIPT_THAI, 0,
     "า75น65ร60อ55ก50เ45ง42่50้35ว30ม35ย30ล28ั35ท25ี30ด24ต22ิ25ส25ะ20ค20ป20บ17ห20แ15จ14ุ14ู12พ14ไ14โ10ข12ช11์14ื12ผ5ถ6ซ4ณ4ธ4ศ5"
     "็5ใ8ญ3ภ3ษ4ฐ2ำ8ฝ1ฟ2ฎ1ๆ1ึ5ฮ1",
     ""},
};
const size_t hr_language_count = HR_COUNT(hr_languages);
_Static_assert(HR_COUNT(hr_languages) <= HR_LANGUAGES_MAX, "room for all languages");

const char hr_common_simplified[] =
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多"
    "经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次"
    "度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建"
    "务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路"
    "记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运省县州华江京河湖广岛乡镇村街号尼亚罗巴阿苏"
    "塔洲";
const char hr_common_traditional[] =
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多"
    "經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性"
    "知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次"
    "度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建"
    "務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路"
    "記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運省縣州華江京河湖廣島鄉鎮村街號灣臺台灰";
const char hr_common_japanese[] =
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米"
    "力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公野協取都"
    "和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査"
    "勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島"
    "直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争談能無再位置企真流格有疑口過局少放税検藤町常校料沢裁状工建語球営空職証"
    "土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断井何南石足違消境神番規術護展態導鮮備宅害配副算視条幹独警宮"
    "究育席輸訪楽起万着乗店述残想線率病農州武声質念待試族象銀域助労例衛然早張映限親額監環験追審商葉義伝働形景落欧担好退準賀訴辺"
    "春秋祝敬勤振替休株丁郵便庁";
const char hr_common_korean[] =
    "이다는의에가을고하지로사한기를도자인은대리시어나해정부아서스수일그장원라구있들전보주동제것성상우여비연생신유경공국조과만안실용"
    "위면학선관세무물간소중마모진적분계교오방방개미내화업차등회바였할내치개었으며게거호반당발문외반금년월정결민족역군도강산물남북동서"
    "김이박최강한임데까면더때니러운재영여행울양천인광김";
const char hr_common_hiragana[] = "のにをはたがとしていなでるかられさっもすこあまりくそきおえよけうわんみせやつちめど";
