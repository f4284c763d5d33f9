//! Commands that answer and end.
use crate::program::run;

#[test]
fn the_routes_are_printed_for_machines() {
    let said = run(&["routes", "--json"], "");

    assert_eq!(said.code, Some(0));
    let routes: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let healthz = routes.as_array().unwrap().iter().find(|route| route["path"] == "/healthz");
    assert_eq!(
        healthz.unwrap(),
        &serde_json::json!({
            "method": "GET", "path": "/healthz", "authentication": "none", "who": "anyone", "ids": {}, "changes": false,
        })
    );
}

#[test]
fn a_database_that_is_not_there_is_one_clear_sentence() {
    let said = |url| {
        let said = run(&["doctor", "--database-url", url], "");
        assert_eq!(said.code, Some(1));
        said.err
    };

    assert_eq!(
        said("postgres://trellis:secret@127.0.0.1:1/trellis"),
        "trellis: the database server at 127.0.0.1:1 does not answer (Connection refused): start it, or correct the \
         database URL\n"
    );
    assert_eq!(
        said("trellis"),
        "trellis: the database URL is not readable: write it like postgres://user:password@host:5432/database\n"
    );
}
