//! Form bodies, as the token endpoint reads them (RFC 6749 section 3.2 and appendix B).

use std::borrow::Cow;

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use zeroize::Zeroizing;

use super::{
    body::{is_of_type, read_bytes},
    oauth::OAuthError,
    problem::{Code, Problem},
};

const FORM: &str = "application/x-www-form-urlencoded";
/// No request has more than a few; a hostile one must not make reading quadratic.
const MOST_PARAMETERS: usize = 32;

/// A type that reads itself from the parameters of a form.
pub(super) trait FromForm: Type + Send {
    /// Takes its parameters; unknown ones are ignored.
    fn from_form(form: &mut Form) -> Self;
}

/// The form body of a request.
pub(super) struct FormBody<T>(pub(super) T);

impl<'a, T: FromForm> ApiExtractor<'a> for FormBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: FORM, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        if !is_of_type(request.headers(), FORM) {
            let detail = "send a form, as Content-Type: application/x-www-form-urlencoded";
            return Err(Problem::with_detail(Code::UnsupportedMediaType, detail).into());
        }
        let bytes = Zeroizing::new(read_bytes(request, body).await?.to_vec());
        Ok(Self(T::from_form(&mut Form::read(&bytes)?)))
    }
}

/// Parameters, each of which may come once; without a value it counts as left out.
#[derive(Default)]
pub(super) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    fn read(bytes: &[u8]) -> Result<Self, OAuthError> {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            // The parser replaces what is not UTF-8.
            if [&name, &value].into_iter().any(|text| text.contains('\u{fffd}')) {
                return Err(OAuthError::invalid_request("the form is not UTF-8"));
            }
            if form.0.iter().any(|(known, _)| *known == name) {
                return Err(OAuthError::invalid_request("a parameter is there more than once"));
            }
            if form.0.len() == MOST_PARAMETERS {
                return Err(OAuthError::invalid_request("there are too many parameters"));
            }
            form.0.push((name.into_owned(), Zeroizing::new(Cow::into_owned(value))));
        }
        form.0.retain(|(_, value)| !value.is_empty());
        Ok(form)
    }

    /// Takes a parameter.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(std::mem::take(&mut *self.0.swap_remove(at).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Option<Form> {
        Form::read(text).ok()
    }

    #[test]
    fn a_parameter_without_a_value_is_left_out() {
        let mut form = read(b"a=1+%2B&b=&c&d=%C3%A9").unwrap();
        assert_eq!(form.take("a").as_deref(), Some("1 +"));
        assert_eq!((form.take("b"), form.take("c")), (None, None));
        assert_eq!(form.take("d").as_deref(), Some("\u{e9}"));
        assert_eq!(form.take("a"), None);
    }

    #[test]
    fn what_can_be_read_two_ways_is_refused() {
        for bad in [&b"a=1&a=1"[..], b"a=1&%61=2", b"a=&a=", b"a=%ff", b"\xff=a", b"a&a"] {
            assert!(read(bad).is_none(), "{bad:?}");
        }
        let many: Vec<String> = (0..=MOST_PARAMETERS).map(|n| format!("p{n}=1")).collect();
        assert!(read(many.join("&").as_bytes()).is_none());
        assert!(read(many[1..].join("&").as_bytes()).is_some());
        assert!(read(b"").is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_in_one_way_or_refused(
            bytes in proptest::prop_oneof![
                proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
                proptest::strategy::Strategy::prop_map("[a-c=&%+0-9f]{0,60}", String::into_bytes),
            ],
        ) {
            if let Ok(form) = Form::read(&bytes) {
                let mut names: Vec<_> = form.0.iter().map(|(name, _)| name).collect();
                let count = names.len();
                names.sort_unstable();
                names.dedup();
                proptest::prop_assert!(count == names.len() && count <= MOST_PARAMETERS);
                proptest::prop_assert!(form.0.iter().all(|(_, value)| !value.is_empty()));
            }
        }
    }
}
