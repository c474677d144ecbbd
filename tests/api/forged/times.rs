//! Tokens out of their time.

use serde_json::json;
use tandem::domain::half::Half;

use super::{Cases, Forge, Mould, b64, case};

fn wrong_times(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let now = mould.now;
    for (name, iat, exp) in [
        ("a longer life than allowed", now, now + 601),
        ("a life of a day", now - 10, now + 86_400),
        ("iat too far ahead", now + 6, now + 60),
        ("iat an hour ahead", now + 3600, now + 3840),
        ("an end before the beginning", now, now - 1),
        ("no end", now, i64::MAX),
        ("since ever", i64::MIN, now + 60),
        ("for ever", i64::MIN, i64::MAX),
        ("since 1970", 0, now + 60),
    ] {
        case(&mut cases, name, mould.with_times(iat, exp));
    }
    for (member, values) in [
        (
            "nbf",
            vec![
                json!(now + 6),
                json!(now + 3600),
                json!("0"),
                json!(1.5),
                json!(null),
                json!(i64::MAX),
            ],
        ),
        (
            "exp",
            vec![
                json!(1e300),
                json!(-1),
                json!(0),
                json!(u64::MAX),
                json!(9_223_372_036_854_775_808_u64),
            ],
        ),
        ("iat", vec![json!(1e300), json!(now.to_string()), json!(u64::MAX), json!([now])]),
    ] {
        for value in values {
            case(&mut cases, format!("{member} {value}"), mould.with_claim(member, value));
        }
    }
    let (header, text) = (mould.header.to_string(), mould.claims.to_string());
    let exp = mould.claims["exp"].to_string();
    for spelling in [
        "1e400",
        "-1e400",
        &format!("{exp}.0"),
        &format!("{exp}e0"),
        &format!("0{exp}"),
        &"9".repeat(1000),
    ] {
        let text = text.replacen(&format!(r#""exp":{exp}"#), &format!(r#""exp":{spelling}"#), 1);
        assert_ne!(text, mould.claims.to_string());
        case(&mut cases, format!("exp {spelling}"), mould.texts(&header, &text));
    }
    cases
}

#[tokio::test]
async fn times_are_integers_and_lie_where_they_may() {
    Forge::light().await.refuse(wrong_times).await;
}

#[tokio::test]
async fn only_a_genuine_pair_is_told_that_its_time_has_passed() {
    let forge = Forge::light().await;
    for half in [Half::Body, Half::Cookie] {
        let mould = forge.mould(half);
        let ended = |ago: i64| mould.with_times(mould.now - 240, mould.now - ago);
        for (ago, opened) in
            [(4, ""), (5, "access_expired"), (6, "access_expired"), (200, "access_expired")]
        {
            let [answer, refreshed] = forge.try_both(half, &ended(ago)).await;
            assert_eq!(answer.code(), opened, "{half}, {ago} s ago");
            if !opened.is_empty() {
                answer.assert_refused(401, opened);
            }
            assert_eq!(refreshed.status, 200, "{half}, {ago} s ago");
        }
        // Expired, and false besides: nothing tells them apart from any other false token.
        let expired = ended(60);
        let (rest, _) = expired.rsplit_once('.').unwrap();
        let unsigned = format!("{rest}.{}", b64([7; 64]));
        for answer in forge.try_both(half, &unsigned).await {
            answer.assert_refused(401, "invalid_token");
        }
    }
}

#[tokio::test]
async fn an_expired_half_of_another_session_is_not_told_so() {
    let forge = Forge::light().await;
    let mallory = forge.app.logged_in("mallory").await;
    for half in [Half::Body, Half::Cookie] {
        let mould = forge.mould_of(&mallory, half);
        let expired = mould.with_times(mould.now - 240, mould.now - 60);
        for answer in forge.try_both(half, &expired).await {
            answer.assert_refused(401, "invalid_token");
        }
    }
}
