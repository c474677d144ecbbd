//! The whole life of a session, once.

use super::support::{TestApp, Tokens};

#[tokio::test]
async fn register_log_in_call_refresh_log_out() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(ada.verify().await.header("x-auth-subject"), ada.claims()["sub"].as_str());

    app.advance(200);
    let before = ada.tokens.clone();
    assert_eq!(ada.refresh().await.status, 200);
    assert_ne!(ada.tokens, before);
    assert_eq!(ada.claims()["gen"], 2);
    assert_eq!(ada.me().await.status, 200);

    let old = ada.clone();
    assert_eq!(ada.logout().await.status, 204);
    assert_eq!(ada.tokens, Tokens::default());
    old.me().await.assert_refused(401, "invalid_token");
}
