//! Request bodies, well-formed and otherwise.

use serde_json::{Map, Value, json};

use super::{
    guard::protected,
    http_tricks::exchange,
    support::{Answer, Browser, Call, PASSWORD, TestApp, TestConfig},
};

/// Stands in what is refused: it must not come back.
const MARK: &str = "m4rk";

/// A call of an operation that reads JSON.
struct Form {
    path: &'static str,
    body: Map<String, Value>,
    /// Members that may not be missing.
    required: &'static [&'static str],
    /// The answer to what is well-formed.
    good: u16,
}

fn forms(ada: &Browser) -> [Form; 4] {
    let form = |path, body: Value, required, good| {
        let Value::Object(body) = body else { panic!("{body}") };
        Form { path, body, required, good }
    };
    let credentials = |email| json!({ "email": email, "password": PASSWORD });
    let change = json!({ "current_password": PASSWORD, "new_password": "another sentence it is" });
    let refresh = json!({ "refresh_token": ada.tokens.body_refresh });
    let both: &[_] = &["email", "password"];
    [
        form("/api/auth/register", credentials("grace@example.com"), both, 202),
        form("/api/auth/login", credentials("ada@example.com"), both, 200),
        form("/api/auth/refresh", refresh, &[], 200),
        form("/api/auth/password", change, &["current_password", "new_password"], 200),
    ]
}

impl Form {
    fn text(&self) -> String {
        Value::Object(self.body.clone()).to_string()
    }

    fn with(&self, member: &str, value: Value) -> String {
        let mut body = self.body.clone();
        body.insert(member.to_owned(), value);
        Value::Object(body).to_string()
    }

    /// The text with more members at its end.
    fn extended(&self, members: &str) -> String {
        format!("{},{members}}}", self.text().trim_end_matches('}'))
    }

    fn members(&self) -> Vec<&str> {
        self.body.keys().map(String::as_str).collect()
    }

    /// The call without its body, with all that Ada's browser sends along.
    fn call(&self, ada: &Browser) -> Call {
        let call = Call::post(self.path);
        if self.path == "/api/auth/login" {
            // The pair would end its session.
            return call;
        }
        let refresh = ada.tokens.cookie_refresh.as_deref().unwrap();
        ada.with_access(call).cookie("tandem-refresh", refresh)
    }
}

/// What an answer has to be: its status, its code, the members that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected(u16, String, Vec<String>);

fn problem(status: u16, code: &str) -> Expected {
    Expected(status, code.to_owned(), Vec::new())
}

fn unreadable() -> Expected {
    problem(400, "invalid_request")
}

fn invalid(fields: &[&str]) -> Expected {
    let mut fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
    fields.sort();
    Expected(422, "validation_failed".to_owned(), fields)
}

#[track_caller]
fn assert_answered(answer: &Answer, expected: &Expected, what: &str) {
    assert_eq!((answer.status, answer.code()), (expected.0, expected.1.clone()), "{what}");
    answer.assert_refused(expected.0, &expected.1);
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    let text = |error: &Value, member: &str| error[member].as_str().unwrap().to_owned();
    let mut fields: Vec<_> = errors.iter().map(|error| text(error, "field")).collect();
    fields.sort();
    assert_eq!(fields, expected.2, "{what}: {}", answer.text());
    assert!(errors.iter().all(|error| text(error, "message").len() > 5), "{what}");
    assert!(!answer.text().contains(MARK), "{what}: {}", answer.text());
}

type Cases = Vec<(Vec<u8>, Expected)>;

/// An instance and its user.
struct Scene {
    app: TestApp,
    ada: Browser,
}

impl Scene {
    async fn new() -> Self {
        Self::with(TestConfig::default()).await
    }

    async fn with(config: TestConfig) -> Self {
        let app = TestApp::with(config).await;
        let ada = app.logged_in("ada").await;
        // A refresh would rotate.
        app.advance(60);
        Self { app, ada }
    }

    /// Sends every body to every form: refused as expected, nothing changed, and then what is
    /// well-formed still works.
    async fn check(&self, cases: impl Fn(&Form) -> Cases) {
        let before = self.app.stored().await;
        for form in forms(&self.ada) {
            for (body, expected) in cases(&form) {
                let what = format!("{}: {:.200}", form.path, String::from_utf8_lossy(&body));
                let call = form.call(&self.ada).body("application/json", body);
                assert_answered(&self.app.send(call).await, &expected, &what);
            }
        }
        assert_eq!(self.app.stored().await, before);
        self.finish().await;
    }

    async fn finish(&self) {
        assert_eq!(self.ada.me().await.status, 200);
        for form in forms(&self.ada) {
            let call = form.call(&self.ada).body("application/json", form.text());
            assert_eq!(self.app.send(call).await.status, form.good, "{}", form.path);
        }
    }
}

fn each<B: Into<Vec<u8>>>(bodies: impl IntoIterator<Item = B>, expected: &Expected) -> Cases {
    bodies.into_iter().map(|body| (body.into(), expected.clone())).collect()
}

#[tokio::test]
async fn what_is_no_json_object_is_unreadable() {
    let texts = |form: &Form| {
        let text = form.text();
        let mut texts: Vec<String> = [
            "",
            " ",
            "null",
            "true",
            "7",
            "\"text\"",
            "[]",
            "[{}]",
            "{",
            "}",
            "{}}",
            "{} {}",
            "{{}}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{'a':1}",
            "{1:1}",
            "{null:1}",
            "\u{feff}{}",
            "NaN",
            "-",
            "undefined",
            "<xml/>",
            "email=a&password=b",
            "\0",
            "{}\0",
            "//\n{}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":1e400}",
            "{\"a\":-1e400}",
            "{\"a\":Infinity}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\udc00\\ud800\"}",
            "{\"\\ud800\":1}",
        ]
        .map(str::to_owned)
        .into();
        texts.extend((1..text.len()).step_by(7).map(|length| text[..length].to_owned()));
        texts.extend([format!("[{text}]"), format!("{text},"), json!(text).to_string()]);
        texts.extend([text.replace('"', "'"), text.replace(',', ";").replace(':', "=")]);
        texts
    };
    Scene::new().await.check(|form| each(texts(form), &unreadable())).await;
}

#[tokio::test]
async fn json_is_utf_8() {
    let bodies = |form: &Form| {
        let text = form.text();
        let broken = |bytes: &[u8]| {
            let (start, end) = text.split_at(text.len() - 2);
            [start.as_bytes(), bytes, end.as_bytes()].concat()
        };
        let utf16 = || text.encode_utf16();
        vec![
            broken(b"\xff"),
            broken(b"\xc3"),
            broken(b"\xc0\xaf"),
            broken(b"\xed\xa0\x80"),
            broken(b"\xf4\x90\x80\x80"),
            broken(b"\x80"),
            utf16().flat_map(u16::to_le_bytes).collect(),
            utf16().flat_map(u16::to_be_bytes).collect(),
            [0xfeff].into_iter().chain(utf16()).flat_map(u16::to_le_bytes).collect(),
            text.bytes().flat_map(|byte| [0, 0, 0, byte]).collect(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        ]
    };
    Scene::new().await.check(|form| each(bodies(form), &unreadable())).await;
}

#[tokio::test]
async fn every_wrong_member_is_named_at_once() {
    let cases = |form: &Form| {
        let mut cases = Cases::new();
        let members = form.members();
        let wrong = [
            json!(null),
            json!(true),
            json!(7),
            json!(1.5),
            json!([]),
            json!([MARK]),
            json!({}),
            json!({ MARK: 1 }),
        ];
        for value in wrong {
            for member in &members {
                cases.push((form.with(member, value.clone()).into(), invalid(&[member])));
            }
            let all: Map<_, _> =
                members.iter().map(|member| ((*member).to_owned(), value.clone())).collect();
            cases.push((Value::Object(all.clone()).to_string().into(), invalid(&members)));
            let mut more = all;
            more.insert(MARK.to_owned(), value);
            let fields = [&members[..], &[""]].concat();
            cases.push((Value::Object(more).to_string().into(), invalid(&fields)));
        }
        for member in form.required {
            let mut body = form.body.clone();
            body.remove(*member);
            cases.push((Value::Object(body).to_string().into(), invalid(&[member])));
        }
        if !form.required.is_empty() {
            cases.push(("{}".into(), invalid(form.required)));
        }
        cases
    };
    Scene::new().await.check(cases).await;
}

#[tokio::test]
async fn unknown_members_are_refused_and_not_repeated() {
    let cases = |form: &Form| {
        let mut cases = Cases::new();
        let names =
            ["", "__proto__", "constructor", "Email", "e\u{301}mail", "roles", "user_id", "gen"];
        for name in names {
            for value in [json!(MARK), json!(null), json!([[[]]])] {
                cases.push((form.with(name, value).into(), invalid(&[""])));
            }
        }
        for member in form.members() {
            let shouted = form.extended(&format!("\"{}\":\"{MARK}\"", member.to_uppercase()));
            cases.push((shouted.into(), invalid(&[""])));
            let padded = form.extended(&format!("\"{member} \":\"{MARK}\""));
            cases.push((padded.into(), invalid(&[""])));
        }
        cases.push((form.extended(&format!("\"{MARK}1\":1,\"{MARK}2\":2")).into(), invalid(&[""])));
        cases
    };
    Scene::new().await.check(cases).await;
}

#[tokio::test]
async fn repeated_members_are_unreadable_however_they_are_spelled() {
    let bodies = |form: &Form| {
        let mut bodies = vec![form.extended("\"x\":1,\"x\":1")];
        for member in form.members() {
            let escaped: Vec<_> = member.bytes().map(|byte| format!("\\u{byte:04X}")).collect();
            let half = format!(
                "{}\\u{:04x}",
                &member[..member.len() - 1],
                member.as_bytes()[member.len() - 1]
            );
            for name in [member, &escaped.concat(), &half] {
                let value = &form.body[member];
                bodies.push(form.extended(&format!("\"{name}\":{value}")));
                bodies.push(form.extended(&format!("\"{name}\":\"{MARK}\"")));
                bodies.push(form.text().replacen('{', &format!("{{\"{name}\":null,"), 1));
            }
        }
        bodies
    };
    Scene::new().await.check(|form| each(bodies(form), &unreadable())).await;
}

#[tokio::test]
async fn values_out_of_their_bounds_are_named() {
    let cases = |form: &Form| {
        let mut cases = Cases::new();
        let mut wrong = |member: &str, value: &str, expected: Expected| {
            cases.push((form.with(member, json!(value)).into(), expected));
        };
        let long = MARK.repeat(400);
        for email in [
            "",
            " ",
            "@",
            "ada",
            "a b@example.com",
            "a\0@example.com",
            "ada@example.com\r\nBcc: x",
            &format!("{long}@example.com"),
        ] {
            if form.body.contains_key("email") {
                wrong("email", email, invalid(&["email"]));
            }
        }
        match form.path {
            "/api/auth/register" => {
                for password in ["", "short", &long, "aaaaaaaaaaaaaa", "grace@example.com"] {
                    wrong("password", password, invalid(&["password"]));
                }
                let both = json!({ "email": "", "password": "" });
                cases.push((both.to_string().into(), invalid(&["email", "password"])));
            }
            "/api/auth/login" => {
                wrong("password", &long, invalid(&["password"]));
                for password in [
                    "",
                    "\0",
                    &PASSWORD.to_uppercase(),
                    &format!("{PASSWORD}\0"),
                    &format!("{PASSWORD} "),
                ] {
                    wrong("password", password, problem(401, "invalid_credentials"));
                }
            }
            "/api/auth/refresh" => {
                for token in ["", "\0", MARK, &long, &long.repeat(3), "tdm_rtb_", "null"] {
                    wrong("refresh_token", token, problem(401, "invalid_token"));
                }
            }
            _ => {
                for current in ["", "\0", &PASSWORD.to_uppercase(), &long] {
                    wrong("current_password", current, invalid(&["current_password"]));
                }
                for new in ["", "short", &long, "ada@example.com", "passwordpassword"] {
                    wrong("new_password", new, invalid(&["new_password"]));
                }
            }
        }
        cases
    };
    Scene::new().await.check(cases).await;
}

fn nested(depth: usize) -> String {
    format!("\"x\":{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn many(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|n| format!("\"x{n}\":0")).collect();
    members.join(",")
}

#[tokio::test]
async fn hostile_documents_cost_little_and_are_refused() {
    let cases = |form: &Form| {
        let deep = [nested(200), nested(30_000), nested(100_000), nested(100_000).replace(']', "")];
        let objects = format!("\"x\":{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
        let wide = [many(17), many(10_000), many(10_000).replace(char::is_numeric, "0")];
        let number = format!("\"x\":{}", "9".repeat(100_000));
        let documents = deep.into_iter().chain([objects, number]).chain(wide);
        let mut cases = each(documents.map(|members| form.extended(&members)), &unreadable());
        let string = format!("\"{MARK}\":\"{}\"", "x".repeat(500_000));
        cases.push((form.extended(&string).into(), invalid(&[""])));
        cases.push((
            form.text()
                .replace(':', &format!(":{}", " ".repeat(200_000)))
                .replace('{', "{\"x\":1,")
                .into(),
            invalid(&[""]),
        ));
        cases
    };
    Scene::with(TestConfig::default().set("server.max_body", "1MiB")).await.check(cases).await;
}

#[tokio::test]
async fn a_body_has_at_most_the_configured_length() {
    let scene = Scene::new().await;
    let fitting = |form: &Form, length: usize| {
        let text = form.text();
        format!("{text}{}", " ".repeat(length - text.len()))
    };
    scene
        .check(|form| {
            let long = [65_537, 100_000, 2_000_000].map(|length| fitting(form, length));
            each(long, &problem(413, "payload_too_large"))
        })
        .await;
    // To the byte.
    let scene = Scene::new().await;
    for form in forms(&scene.ada) {
        let call = form.call(&scene.ada).body("application/json", fitting(&form, 65_536));
        assert_eq!(scene.app.send(call).await.status, form.good, "{}", form.path);
    }
}

#[tokio::test]
async fn a_body_without_a_declared_length_is_bounded_too() {
    let scene = Scene::new().await;
    let before = scene.app.stored().await;
    for form in forms(&scene.ada) {
        let tokens = &scene.ada.tokens;
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nCookie: tandem-access={}\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            form.path,
            tokens.body_access.as_deref().unwrap(),
            tokens.cookie_access.as_deref().unwrap(),
        );
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        let spaces = chunk(&" ".repeat(1000)).repeat(70);
        for body in
            [format!("{}{spaces}0\r\n\r\n", chunk(&form.text())), format!("{spaces}{spaces}")]
        {
            let answer = exchange(&scene.app, format!("{head}{body}")).await;
            assert_eq!(answer.status(), 413, "{}: {answer:?}", form.path);
            assert!(answer.text.contains("payload_too_large") && answer.closed);
        }
        // In crumbs it is read as in one piece.
        let crumbs: String = form.text().split_inclusive('"').map(chunk).collect();
        let wrong = crumbs.replacen("\r\n{", "\r\n[", 1);
        let answer = exchange(&scene.app, format!("{head}{wrong}0\r\n\r\n")).await;
        assert_eq!(answer.status(), 400, "{}: {answer:?}", form.path);
    }
    assert_eq!(scene.app.stored().await, before);
    scene.finish().await;
}

const OTHER_TYPES: [&[u8]; 26] = [
    b"",
    b"text/plain",
    b"text/json",
    b"text/plain;charset=UTF-8",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"application/octet-stream",
    b"application/xml",
    b"application/problem+json",
    b"application/vnd.api+json",
    b"application/jsonx",
    b"application/json+x",
    b"application/x-json",
    b"application/json, text/plain",
    b"text/plain, application/json",
    b"application/json; charset=utf-16",
    b"application/json; charset=latin1",
    b"application/json; charset=utf-8; charset=utf-16",
    b"application/json; charset",
    b"application/json; version=1",
    b"application/ json",
    b"application/*",
    b"*/*",
    b"json",
    b"\xff",
    b"\"application/json\"",
];

#[tokio::test]
async fn only_json_is_read() {
    let scene = Scene::new().await;
    let before = scene.app.stored().await;
    for form in forms(&scene.ada) {
        let expected = problem(415, "unsupported_media_type");
        let bare = || form.call(&scene.ada).bytes(form.text());
        let as_json = || bare().header("content-type", "application/json");
        let mut calls = vec![bare(), form.call(&scene.ada)];
        calls.extend(OTHER_TYPES.iter().map(|value| bare().header("content-type", value)));
        calls.push(as_json().header("content-type", "application/json"));
        calls.push(as_json().header("content-type", "text/plain"));
        calls.push(
            bare().header("content-type", "text/plain").header("content-type", "application/json"),
        );
        for encoding in ["gzip", "br", "deflate", "identity", "", "gzip, identity", "x"] {
            calls.push(as_json().header("content-encoding", encoding));
        }
        let gzip: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00";
        calls.push(
            form.call(&scene.ada).body("application/json", gzip).header("content-encoding", "gzip"),
        );
        for call in calls {
            let what = format!("{call:?}");
            assert_answered(&scene.app.send(call).await, &expected, &what);
        }
        // The type is right, the body is not there, or not what it says.
        for call in [
            form.call(&scene.ada).body("application/json", ""),
            form.call(&scene.ada).body("application/json", gzip),
        ] {
            assert_answered(&scene.app.send(call).await, &unreadable(), form.path);
        }
    }
    assert_eq!(scene.app.stored().await, before);
    scene.finish().await;
}

#[tokio::test]
async fn the_type_may_name_utf_8_and_has_no_case() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let login = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    for value in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/json;Charset=utf-8",
    ] {
        let call = Call::post("/api/auth/login").body(value, login.clone());
        assert_eq!(app.send(call).await.status, 200, "{value}");
    }
    for spaced in [format!("\r\n\t {login} \n"), login.replace("email", "\\u0065mail")] {
        let call = Call::post("/api/auth/login").body("application/json", spaced);
        assert_eq!(app.send(call).await.status, 200);
    }
}

#[tokio::test]
async fn who_may_not_call_is_told_nothing_about_the_body() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    for operation in protected().filter(|row| row.method != "GET") {
        for (content_type, body) in [
            ("application/json", ""),
            ("application/json", "{"),
            ("application/json", "{}"),
            ("text/plain", "x"),
            ("application/json", r#"{"current_password":1,"x":2}"#),
        ] {
            let call = Call::new(operation.method, operation.path).body(content_type, body);
            app.send(call.clone()).await.assert_refused(401, "unauthenticated");
            let half = call.bearer(ada.tokens.body_access.as_deref().unwrap());
            app.send(half).await.assert_refused(401, "invalid_token");
        }
    }
    assert_eq!(app.stored().await, before);
}

#[tokio::test]
async fn a_body_where_none_is_read_is_ignored() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    for path in ["/api/auth/me", "/api/auth/verify", "/api/auth/sessions"] {
        for (content_type, body) in [("application/json", "{"), ("text/plain", "x"), ("", "\0")] {
            let call = Call::get(path).body(content_type, body);
            assert_eq!(ada.send(ada.with_access(call)).await.status, 200, "{path}");
        }
    }
    let call = Call::new("DELETE", "/api/auth/sessions").body("application/json", "{");
    assert_eq!(ada.send(ada.with_access(call)).await.status, 204);
    let call = Call::post("/api/auth/logout").body("application/json", "x".repeat(70_000));
    ada.send(ada.with_access(call)).await.assert_refused(413, "payload_too_large");
    let call = Call::post("/api/auth/logout").body("text/plain", "{");
    assert_eq!(ada.send(ada.with_access(call)).await.status, 204);
}

#[tokio::test]
async fn an_identifier_that_is_none_names_nothing() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let mut elsewhere = app.browser();
    elsewhere.login("ada").await;
    let mallory = app.logged_in("mallory").await;
    let before = app.stored().await;
    let other = elsewhere.session();
    for id in [
        other.to_uppercase(),
        other[..31].to_owned(),
        format!("{other}0"),
        format!("{other}%00"),
        format!("%20{other}"),
        format!("{other}%20"),
        other.replacen(&other[..1], "%00", 1),
        "%C3%A9".repeat(16),
        "*".into(),
        "null".into(),
        "..%2f".into(),
        "'%20or%20'1'='1".into(),
        "%7B%7D".into(),
        // What the framework calls it in its own list of routes.
        ":param0".into(),
        "0".repeat(10_000),
        mallory.session(),
        format!("{}-{}", &other[..16], &other[16..]),
    ] {
        let answer = ada.call("DELETE", &format!("/api/auth/sessions/{id}")).await;
        answer.assert_refused(404, "not_found");
    }
    for id in ["%ff", "%C3", "%80%80"] {
        let answer = ada.call("DELETE", &format!("/api/auth/sessions/{id}")).await;
        assert!(matches!(answer.status, 400 | 404), "{answer:?}");
    }
    assert_eq!(app.stored().await, before);
    // Percent-encoded it is still the same identifier.
    let encoded = format!("%{:02x}{}", other.as_bytes()[0], &other[1..]);
    let answer = ada.call("DELETE", &format!("/api/auth/sessions/{encoded}")).await;
    assert_eq!(answer.status, 204);
}
