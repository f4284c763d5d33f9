//! Names of people and places, put together at random.

use fastrand::Rng;

/// First names.
const FIRST: [&str; 62] = [
    "Aaron", "Ada", "Agnes", "Amir", "Ana", "Anja", "Arjun", "Astrid", "Aylin", "Bjørn", "Camille", "Carlos", "Cecilie",
    "Chen", "Dagny", "David", "Dina", "Eirik", "Eleni", "Emil", "Fatima", "Filip", "Gabriel", "Greta", "Hanne", "Hassan",
    "Henrik", "Ida", "Isak", "Ivana", "Jakob", "Joana", "Julia", "Kaja", "Karim", "Kenji", "Lena", "Leo", "Lucia",
    "Magnus", "Marta", "Mei", "Mikkel", "Nadia", "Nils", "Olga", "Omar", "Paula", "Petra", "Rafael", "Runa", "Sara",
    "Selim", "Silje", "Stefan", "Sunniva", "Tea", "Theo", "Vera", "Viktor", "Yusuf", "Zara",
];

/// Last names.
const LAST: [&str; 64] = [
    "Abebe", "Ahlberg", "Amundsen", "Andersen", "Aydin", "Bakke", "Baptiste", "Becker", "Bianchi", "Brandt", "Castro",
    "Chowdhury", "Dubois", "Eriksen", "Fernández", "Fischer", "Fossum", "García", "Greco", "Gupta", "Haugen", "Hoffmann",
    "Hussain", "Ibrahim", "Ito", "Jansen", "Johansson", "Kaplan", "Karlsen", "Kim", "Kovács", "Kruse", "Larsen", "Lopes",
    "Lund", "Malik", "Meyer", "Mitchell", "Mohamud", "Myhre", "Nguyen", "Nilsen", "Nowak", "Olsen", "Ortiz", "Osei",
    "Petrov", "Popescu", "Ramos", "Rossi", "Sandvik", "Santos", "Schmidt", "Silva", "Singh", "Sørensen", "Strøm", "Sund",
    "Tanaka", "Thorsen", "Van Dijk", "Virtanen", "Weber", "Yilmaz",
];

/// Places that further squads are for.
pub const PLACES: [&str; 32] = [
    "Bergen", "Trondheim", "Stavanger", "Drammen", "Tromsø", "Kristiansand", "Ålesund", "Bodø", "Hamar", "Skien",
    "Arendal", "Haugesund", "Molde", "Narvik", "Alta", "Larvik", "Halden", "Gjøvik", "Sandefjord", "Moss", "Harstad",
    "Kongsberg", "Lillehammer", "Elverum", "Steinkjer", "Voss", "Florø", "Namsos", "Levanger", "Horten", "Askim",
    "Egersund",
];

/// Names in random order, none twice.
pub struct Names {
    left: Vec<String>,
    round: usize,
    rng: Rng,
}

impl Names {
    /// Names but those that are taken.
    pub fn new(rng: &mut Rng, taken: &[&str]) -> Self {
        let mut names = Self { left: vec![], round: 0, rng: rng.fork() };
        names.refill();
        names.left.retain(|name| !taken.contains(&name.as_str()));
        names
    }

    fn refill(&mut self) {
        let initial = match self.round {
            0 => String::new(),
            n => format!(" {}.", char::from(b'A' + u8::try_from((n - 1) % 26).unwrap_or_default())),
        };
        for first in FIRST {
            self.left.extend(LAST.iter().map(|last| format!("{first}{initial} {last}")));
        }
        self.rng.shuffle(&mut self.left);
        self.round += 1;
    }
}

impl Iterator for Names {
    type Item = String;
    fn next(&mut self) -> Option<String> {
        if self.left.is_empty() {
            self.refill();
        }
        self.left.pop()
    }
}
