//! What evaluation takes from outside.

/// Time and ids for expressions; a fixed one makes runs repeatable.
pub trait Host {
    /// Wall clock, epoch milliseconds: `$now()`, `$millis()`. Asked once for each evaluation.
    fn now_ms(&self) -> i64;
    /// A new id: `$uuid()`.
    fn uuid(&self) -> String;
    /// A number from 0 up to 1: `$random()`; made of a new id unless said otherwise.
    fn random(&self) -> f64 {
        // FNV-1a spreads the id over 64 bits; 53 of them fill the fraction of a double.
        let hash = self.uuid().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let numerator = (hash >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }
}

impl<H: Host + ?Sized> Host for std::rc::Rc<H> {
    fn now_ms(&self) -> i64 {
        (**self).now_ms()
    }

    fn uuid(&self) -> String {
        (**self).uuid()
    }

    fn random(&self) -> f64 {
        (**self).random()
    }
}

impl<H: Host + ?Sized> Host for std::sync::Arc<H> {
    fn now_ms(&self) -> i64 {
        (**self).now_ms()
    }

    fn uuid(&self) -> String {
        (**self).uuid()
    }

    fn random(&self) -> f64 {
        (**self).random()
    }
}
