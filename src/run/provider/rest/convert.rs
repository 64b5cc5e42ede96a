//! Properties that change their form on the way out or in (functions.md §8).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use crate::app::Conversion;
use crate::run::provider::FetchError;

/// Files that functions name by `local-uri`: those below the app's folder, and no others.
pub trait LocalFiles: Send + Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// In words for the author, when it cannot be read or does not lie where it may.
    fn read(&self, uri: &str) -> Result<Vec<u8>, String>;

    /// Keeps bytes and gives the name under which they are read again; the same bytes get the same name.
    ///
    /// # Errors
    /// In words for the author, when they cannot be kept.
    fn keep(&self, bytes: &[u8]) -> Result<String, String>;
}

/// No files: every use of `local-uri` is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl LocalFiles for NoFiles {
    fn read(&self, uri: &str) -> Result<Vec<u8>, String> {
        Err(format!("there are no local files here, so `{uri}` cannot be read"))
    }

    fn keep(&self, _: &[u8]) -> Result<String, String> {
        Err("there is no folder here to keep files in".to_owned())
    }
}

/// Converts properties of rows and bodies.
pub(super) struct Converter<'c> {
    pub(super) function: &'c str,
    pub(super) files: &'c dyn LocalFiles,
}

impl Converter<'_> {
    /// Converts the properties of a row that came in, or of each item of a list of rows.
    pub(super) fn incoming(&self, conversions: &[Conversion], row: &mut Value) -> Result<(), FetchError> {
        self.all(conversions, row)
    }

    /// Converts the properties of a body that goes out.
    pub(super) fn outgoing(&self, conversions: &[Conversion], body: &mut Value) -> Result<(), FetchError> {
        self.all(conversions, body)
    }

    fn all(&self, conversions: &[Conversion], value: &mut Value) -> Result<(), FetchError> {
        conversions.iter().try_for_each(|conversion| self.one(conversion, value))
    }

    fn one(&self, conversion: &Conversion, value: &mut Value) -> Result<(), FetchError> {
        if let Value::Array(items) = value {
            return items.iter_mut().try_for_each(|item| self.one(conversion, item));
        }
        let Some(Value::String(text)) = place(value, &conversion.property) else { return Ok(()) };
        let converted = self.text(conversion, text).map_err(|why| {
            let Conversion { property, from, to, .. } = conversion;
            let message = format!(
                "`{property}` cannot be converted from `{from}` to `{to}` in the function `{}`: {why}",
                self.function
            );
            FetchError::lasting("decode.conversion", message)
        })?;
        *text = converted;
        Ok(())
    }

    fn text(&self, conversion: &Conversion, text: &str) -> Result<String, String> {
        if conversion.from == conversion.to && !conversion.is_made_jpg {
            return Ok(text.to_owned());
        }
        let (bytes, media) = self.bytes(&conversion.from, text)?;
        if conversion.is_made_jpg && is_heic(&bytes) {
            return Err(
                "it is a photograph in HEIC, and `convertHeicToJpg` is not supported by this runtime"
                    .to_owned(),
            );
        }
        if conversion.from == conversion.to {
            return Ok(text.to_owned());
        }
        match conversion.to.as_str() {
            // JSON has no bytes, so a buffer is written in base64 too.
            "base64" | "buffer" => Ok(STANDARD.encode(bytes)),
            "data-uri" => Ok(format!("data:{media};base64,{}", STANDARD.encode(bytes))),
            "local-uri" => self.files.keep(&bytes),
            other => Err(unknown(other)),
        }
    }

    /// The bytes of a text in one of the forms, and what they are.
    fn bytes(&self, form: &str, text: &str) -> Result<(Vec<u8>, String), String> {
        let any = || "application/octet-stream".to_owned();
        match form {
            "base64" | "buffer" => Ok((decoded(text)?, any())),
            "data-uri" => {
                let expected = || "it is no data address, expected `data:<type>;base64,…`".to_owned();
                let (head, data) =
                    text.strip_prefix("data:").and_then(|rest| rest.split_once(',')).ok_or_else(expected)?;
                let media = head.strip_suffix(";base64").ok_or_else(expected)?;
                Ok((decoded(data)?, if media.is_empty() { any() } else { media.to_owned() }))
            }
            "local-uri" => Ok((self.files.read(text)?, any())),
            other => Err(unknown(other)),
        }
    }
}

/// By the brand in the first box of the file (ISO/IEC 23008-12).
fn is_heic(bytes: &[u8]) -> bool {
    let brand = bytes.get(4..12).and_then(|head| head.strip_prefix(b"ftyp"));
    brand.is_some_and(|brand| {
        [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"].iter().any(|known| brand == *known)
    })
}

fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let text = text.trim();
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|_| "it is no base64".to_owned())
}

fn unknown(form: &str) -> String {
    format!("there is no form `{form}`, expected `base64`, `buffer`, `data-uri` or `local-uri`")
}

/// The value of a property, or of one further down whose names are joined by dots.
fn place<'v>(value: &'v mut Value, property: &str) -> Option<&'v mut Value> {
    let members = value.as_object_mut()?;
    if members.contains_key(property) {
        return members.get_mut(property);
    }
    let (first, rest) = property.split_once('.')?;
    place(members.get_mut(first)?, rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn converted(from: &str, to: &str, mut value: Value) -> Result<Value, String> {
        let conversion = Conversion {
            property: "photo.data".to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            is_made_jpg: true,
        };
        let converter = Converter { function: "f", files: &NoFiles };
        converter.incoming(&[conversion], &mut value).map_err(|error| error.message)?;
        Ok(value)
    }

    #[test]
    fn forms_change_into_each_other() {
        let row = |text: &str| json!({ "photo": { "data": text } });
        let uri = "data:image/png;base64,AAEC";
        assert_eq!(converted("data-uri", "base64", row(uri)).unwrap(), row("AAEC"));
        let made = converted("base64", "data-uri", row("AAEC")).unwrap();
        assert_eq!(made, row("data:application/octet-stream;base64,AAEC"));
        assert_eq!(converted("base64", "buffer", row("_-8=")).unwrap(), row("/+8="));
        assert_eq!(converted("base64", "buffer", json!([row("AA==")])).unwrap(), json!([row("AA==")]));
    }

    #[test]
    fn photographs_in_heic_are_not_passed_off_as_others() {
        let heic = STANDARD.encode(b"\0\0\0\x18ftypheic\0\0");
        for to in ["base64", "data-uri"] {
            let told = converted("base64", to, json!({ "photo.data": heic })).unwrap_err();
            assert!(told.contains("`convertHeicToJpg` is not supported"), "{told}");
        }
    }

    #[test]
    fn what_is_missing_stays_and_what_is_wrong_is_told() {
        assert_eq!(converted("base64", "data-uri", json!({ "a": 1 })).unwrap(), json!({ "a": 1 }));
        let flat = json!({ "photo.data": "AA==" });
        assert_eq!(converted("base64", "buffer", flat.clone()).unwrap(), flat);
        let wrong = converted("base64", "data-uri", json!({ "photo.data": "ä" })).unwrap_err();
        assert!(wrong.contains("`photo.data`") && wrong.contains("no base64"), "{wrong}");
        assert!(converted("base64", "jpeg", json!({ "photo.data": "AA==" })).unwrap_err().contains("`jpeg`"));
        assert!(converted("local-uri", "base64", json!({ "photo.data": "x.png" })).is_err());
    }
}
