//! The bundled schema files, by name.

/// Every schema by name with its text, sorted by name. A name is listed once; its file is found by it.
macro_rules! catalogue {
    ($($name:literal)*) => {
        pub(super) const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../schemas/", $name, ".json")))),*];
    };
}

catalogue! {
    "action"
    "action-file"
    "action.action-list"
    "action.clear-queue"
    "action.confirm"
    "action.delete-queue-command"
    "action.delete-sync-scope"
    "action.delete-sync-status"
    "action.evaluate"
    "action.execute-action"
    "action.execute-entities"
    "action.execute-entity"
    "action.execute-sql"
    "action.find-replace"
    "action.generate-file"
    "action.generate-pdf"
    "action.go-back"
    "action.go-to"
    "action.info-modal"
    "action.open-app-settings"
    "action.open-map"
    "action.open-media-picker"
    "action.open-scanner"
    "action.open-url"
    "action.print"
    "action.reset-component-state"
    "action.reset-custom-component-state"
    "action.reset-jig-state"
    "action.reset-solution-state"
    "action.reset-state"
    "action.retry-queue-command"
    "action.set-active-tab"
    "action.set-component-state"
    "action.set-custom-component-state"
    "action.set-jig-state"
    "action.set-solution-state"
    "action.set-state"
    "action.share"
    "action.show-alert"
    "action.start-location-sharing"
    "action.start-sync-scope"
    "action.stop-location-sharing"
    "action.submit-form"
    "action.sync-entities"
    "action.sync-status"
    "action.update-profile"
    "component"
    "condition"
    "database"
    "datasource.reference"
    "datasource.sqlite"
    "datasource.static"
    "datasource.system"
    "function.rest"
    "function.soap"
    "function.sql"
    "icons"
    "images"
    "index"
    "jig"
    "settings"
    "single-file"
    "translations"
    "values"
}

/// The file that only holds definitions for the others.
pub(super) const VALUES: &str = "values";
