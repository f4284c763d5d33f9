//! What was asked: words, their spelling, and the marks in what was found.

/// Characters of a question that are looked at.
pub const MAX_LENGTH: usize = 200;
/// Words of a question that are looked for.
pub const MAX_WORDS: usize = 12;

/// Words of a question that are put right; a question with more slips is no question.
pub const MAX_CORRECTED: usize = 3;
/// Words that one of these may stand for.
pub const MAX_MEANT: usize = 3;

/// A word that is looked for: letters and digits only, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Whether it is the last one, which may be still on its way.
    pub is_prefix: bool,
}

/// A question in plain words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// As typed, cut to what is looked at.
    pub text: String,
    /// What is looked for.
    pub words: Vec<Word>,
    /// Whether more was typed than is looked for.
    pub is_cut: bool,
}

impl Question {
    /// Reads what was typed; there is nothing that it refuses.
    pub fn parse(typed: &str) -> Self {
        let text: String = typed.trim().chars().take(MAX_LENGTH).collect();
        let mut words: Vec<String> = vec![];
        let mut is_cut = text.len() < typed.trim().len();
        let is_whole = !typed.ends_with(char::is_whitespace);
        let lower = text.to_lowercase();
        let parts: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
        // A letter by itself ("Ingrid's", "a meter") finds half of everything, unless there is nothing else.
        let is_long = |part: &&str| part.chars().count() > 1 || part.parse::<u8>().is_ok();
        let parts: Vec<&str> = if parts.iter().any(is_long) {
            parts.into_iter().filter(is_long).collect()
        } else {
            parts
        };
        for part in &parts {
            if words.iter().any(|word| word == part) {
                continue;
            }
            if words.len() == MAX_WORDS {
                is_cut = true;
                break;
            }
            words.push((*part).to_owned());
        }
        let last = parts.last().copied().unwrap_or_default();
        let words = words
            .into_iter()
            .map(|text| Word {
                is_prefix: is_whole && text == last && text.chars().count() > 1,
                text,
            })
            .collect();
        Self { text, words, is_cut }
    }

    /// The letters and the number, where it is the key of an item: "NA-214", "na 214".
    pub fn key(&self) -> Option<(String, i32)> {
        let (letters, number) = self.text.split_once(['-', ' '])?;
        let is_key = (2..=5).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
            && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| is_key)?;
        Some((letters.to_ascii_uppercase(), number))
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// What became of a word.
#[derive(Debug, Clone)]
pub struct Looked {
    /// Whether something of the organization has it.
    pub is_found: bool,
    /// Its English stem.
    pub stem: String,
    /// Words and stems that the organization has or had and that are spelled like it, if it was not found.
    pub near: Vec<String>,
}

/// For each word those that somebody may have meant with it, the likeliest first; none where it was found.
pub fn meant(words: &[Word], looked: &[Looked]) -> Vec<Vec<Word>> {
    let whole = |text: &str| Word { text: text.to_owned(), is_prefix: false };
    words
        .iter()
        .zip(looked)
        .map(|(word, looked)| nearest(&word.text, looked).into_iter().map(whole).collect())
        .collect()
}

/// The words to look for instead, and those that were put right, as they were typed: `meant` in the order of the words, `is_there` in
/// the order of all that are meant, one after the other.
pub fn put_right(
    words: &[Word],
    meant: &[Vec<Word>],
    is_there: &[bool],
) -> (Vec<Word>, Vec<String>) {
    let mut corrected = vec![];
    let mut is_there = is_there.iter();
    let instead = words
        .iter()
        .zip(meant)
        .map(|(word, meant)| {
            let there = meant.iter().zip(is_there.by_ref().take(meant.len())).filter(|one| *one.1);
            match there.collect::<Vec<_>>().first() {
                Some((near, _)) => {
                    corrected.push(word.text.clone());
                    (*near).clone()
                }
                None => word.clone(),
            }
        })
        .collect();
    (instead, corrected)
}

/// The words that somebody probably meant: near enough, and the nearest first; of equals the one that comes first.
fn nearest<'a>(typed: &str, looked: &'a Looked) -> Vec<&'a str> {
    if looked.is_found {
        return vec![];
    }
    let mut near: Vec<_> = looked
        .near
        .iter()
        .filter(|near| near.chars().all(char::is_alphanumeric))
        .map(|near| (distance(typed, near).min(distance(&looked.stem, near)), near.as_str()))
        .filter(|(distance, _)| *distance <= allowed(typed))
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, near)| near).take(MAX_MEANT).collect()
}

/// How many slips a word may have: a short one with two is another word.
fn allowed(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 0,
        4 | 5 => 1,
        _ => 2,
    }
}

/// Whether a word of four letters or more is another one with one slip.
pub fn is_slip_of(typed: &str, word: &str) -> bool {
    typed.chars().count() >= 4 && distance(typed, word) == 1
}

/// How many letters were missed, added, mistaken or swapped with their neighbour. An accent is no slip.
fn distance(a: &str, b: &str) -> usize {
    let plain = |text: &str| slug::slugify(text).chars().collect::<Vec<_>>();
    let (a, b) = (plain(a), plain(b));
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>(); a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let mistaken = usize::from(a[i - 1] != b[j - 1]);
            let mut least =
                (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + mistaken);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

/// Where a matched word begins and ends in what the database gives back: characters that nobody can type.
pub const MARK: (char, char) = ('\u{e000}', '\u{e001}');

/// A text in pieces, each with whether it matched.
pub fn pieces(headline: &str) -> Vec<(bool, &str)> {
    headline
        .split(MARK.0)
        .enumerate()
        .flat_map(|(n, part)| match part.split_once(MARK.1) {
            Some((matched, rest)) if n > 0 => [(true, matched), (false, rest)],
            _ => [(false, part), (false, "")],
        })
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// The part of an answer that is shown, or all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Members, by what they can do and by name.
    Members,
    /// Squads and their missions.
    Squads,
    /// Products.
    Products,
    /// Items of their backlogs.
    Items,
    /// Core teams and what they do.
    CoreTeams,
    /// The catalogue of skills.
    Skills,
}

impl Group {
    /// The word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Squads => "squads",
            Self::Products => "products",
            Self::Items => "items",
            Self::CoreTeams => "core-teams",
            Self::Skills => "skills",
        }
    }

    /// The group of a word; without one, all of them are shown with their first.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Members,
            Self::Squads,
            Self::Products,
            Self::Items,
            Self::CoreTeams,
            Self::Skills,
        ];
        all.into_iter().find(|group| group.word() == word)
    }
}

/// Something found, in the group's order.
#[derive(Debug, Clone)]
pub struct Hits<T> {
    /// The first of them.
    pub first: Vec<T>,
    /// How many there are.
    pub total: i64,
}

impl<T> Default for Hits<T> {
    fn default() -> Self {
        Self { first: vec![], total: 0 }
    }
}

impl<T> Hits<T> {
    /// How many are not among the first.
    pub fn more(&self) -> i64 {
        self.total - i64::try_from(self.first.len()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(typed: &str) -> Vec<String> {
        Question::parse(typed).words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn a_question_is_its_words_once_each() {
        assert_eq!(
            words("  A customer disputes a METER reading: meter 7?"),
            ["customer", "disputes", "meter", "reading", "7"]
        );
        assert_eq!(words("Ingrid's"), ["ingrid"]);
        assert_eq!(words("x"), ["x"]);
        assert_eq!(words(" \t… & | ! ( ) ' \\ :* "), Vec::<String>::new());
        assert_eq!(words("a' | b:* & !(c) <-> \u{e000}d"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_key_is_letters_and_a_number() {
        let key = |typed: &str| Question::parse(typed).key();
        assert_eq!(key(" na-214 "), Some(("NA".to_owned(), 214)));
        assert_eq!(key("KIOSK 7"), Some(("KIOSK".to_owned(), 7)));
        for other in [
            "N-1",
            "KIOSKS-1",
            "NA-",
            "NA-1a",
            "NA",
            "214",
            "NÄ-1",
            "NA-99999999999",
            "meter reading 7",
        ] {
            assert_eq!(key(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_last_word_may_be_on_its_way() {
        let is_prefix = |typed: &str| -> Vec<bool> {
            Question::parse(typed).words.iter().map(|word| word.is_prefix).collect()
        };
        assert_eq!(is_prefix("fair bil"), [false, true]);
        assert_eq!(is_prefix("fair bil "), [false, false]);
        assert_eq!(is_prefix("b"), [false]);
    }

    #[test]
    fn twelve_words_of_two_hundred_characters_are_the_most() {
        let twelve: Vec<String> = (10..22).map(|n| format!("w{n}")).collect();
        assert!(!Question::parse(&twelve.join(" ")).is_cut);
        let more = Question::parse(&format!("{} w99", twelve.join(" ")));
        assert!(more.is_cut && more.words.len() == MAX_WORDS);
        assert!(!Question::parse(&"ä".repeat(200)).is_cut);
        let long = Question::parse(&"ä".repeat(201));
        assert!(long.is_cut && long.text.chars().count() == MAX_LENGTH);
    }

    #[test]
    fn slips_are_missed_added_mistaken_and_swapped_letters() {
        assert_eq!(distance("ingird", "ingrid"), 1);
        assert_eq!(distance("bateri", "batteri"), 1);
        assert_eq!(distance("bills", "bill"), 1);
        assert_eq!(distance("mülller", "muller"), 1);
        assert_eq!(distance("zoe", "zoë"), 0);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_short_word_may_have_no_slip_and_a_long_one_two() {
        let right = |typed: &str, near: &[&str]| {
            let looked = Looked {
                is_found: false,
                stem: typed.to_owned(),
                near: near.iter().map(|text| (*text).to_owned()).collect(),
            };
            nearest(typed, &looked).first().map(|near| (*near).to_owned())
        };
        assert_eq!(right("ingird", &["ingvar", "ingrid"]).as_deref(), Some("ingrid"));
        assert_eq!(right("cat", &["car"]), None);
        assert_eq!(right("meter", &["meters"]).as_deref(), Some("meters"));
        assert_eq!(right("meter", &["motor"]), None);
        assert_eq!(right("meters", &["motors"]).as_deref(), Some("motors"));
        assert_eq!(right("ab|cd", &["ab|ce"]), None, "only letters and digits are asked for");
    }

    #[test]
    fn a_word_that_is_found_stays_as_typed() {
        let word = |text: &str| Word { text: text.to_owned(), is_prefix: true };
        let looked = |is_found, near: &str| Looked {
            is_found,
            stem: String::new(),
            near: vec![near.to_owned()],
        };
        let words = [word("battery"), word("contrl")];
        let meant = meant(&words, &[looked(true, "batteri"), looked(false, "control")]);
        let (instead, corrected) = put_right(&words, &meant, &[true]);
        assert_eq!(instead[0], word("battery"));
        assert_eq!(instead[1], Word { text: "control".to_owned(), is_prefix: false });
        assert_eq!(corrected, ["contrl"]);
    }

    #[test]
    fn a_word_that_nothing_has_any_more_stands_for_none() {
        let word = |text: &str| Word { text: text.to_owned(), is_prefix: false };
        let looked = |near: &[&str]| Looked {
            is_found: false,
            stem: String::new(),
            near: near.iter().map(|text| (*text).to_owned()).collect(),
        };
        let words = [word("ingird"), word("contrl"), word("baterie")];
        let meant =
            meant(&words, &[looked(&["ingrid"]), looked(&["contrl1", "control"]), looked(&[])]);
        let (instead, corrected) = put_right(&words, &meant, &[false, false, true]);
        assert_eq!(instead, [word("ingird"), word("control"), word("baterie")]);
        assert_eq!(corrected, ["contrl"]);
    }

    #[test]
    fn only_the_nearest_few_are_asked_for_again() {
        let near = ["battary", "batterx", "battory", "batttry"].map(ToOwned::to_owned).to_vec();
        let looked = Looked { is_found: false, stem: String::new(), near };
        assert_eq!(nearest("battery", &looked), ["battary", "batterx", "battory"]);
    }

    #[test]
    fn marks_become_pieces() {
        let (from, to) = MARK;
        assert_eq!(
            pieces(&format!("Fair {from}Bills{to} & {from}more{to}")),
            [(false, "Fair "), (true, "Bills"), (false, " & "), (true, "more")]
        );
        assert_eq!(pieces("plain"), [(false, "plain")]);
        assert_eq!(pieces(&format!("{from}open")), [(false, "open")]);
        assert_eq!(pieces(&format!("{to}closed")).len(), 1);
    }
}
