//! Where rows come from or go to, and what is done with them there.

/// What `execute-entity` does with its rows (actions.md §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Inserts.
    Create,
    /// Merges top-level properties into existing rows.
    Update,
    /// Inserts or merges.
    Save,
    /// Removes.
    Delete,
    /// Calls the function only.
    FunctionCall,
    /// Fetches a file.
    Download,
}

impl Method {
    /// All methods with their spelling.
    pub const ALL: [(&'static str, Self); 6] = [
        ("create", Self::Create),
        ("update", Self::Update),
        ("save", Self::Save),
        ("delete", Self::Delete),
        ("functionCall", Self::FunctionCall),
        ("download", Self::Download),
    ];

    /// The spelling in the app format.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, m)| *m == self).map_or("", |(word, _)| word)
    }
}

/// Where data comes from or goes to (`DATA_PROVIDER_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderKind {
    /// Dynamic Data, the platform's own tables.
    Dynamic,
    /// A REST service described by a function.
    Rest,
    /// A SQL server described by a function.
    Sql,
    /// Only on this device.
    Local,
    /// Salesforce objects.
    Salesforce,
    /// Files of `OneDrive`.
    OneDrive,
    /// A SOAP service described by a function.
    Soap,
}

impl ProviderKind {
    /// All providers with their constants.
    pub const ALL: [(&'static str, Self); 7] = [
        ("DATA_PROVIDER_DYNAMIC", Self::Dynamic),
        ("DATA_PROVIDER_REST", Self::Rest),
        ("DATA_PROVIDER_SQL", Self::Sql),
        ("DATA_PROVIDER_LOCAL", Self::Local),
        ("DATA_PROVIDER_SALESFORCE", Self::Salesforce),
        ("DATA_PROVIDER_ONEDRIVE", Self::OneDrive),
        ("DATA_PROVIDER_SOAP", Self::Soap),
    ];

    /// The provider with this constant.
    #[must_use]
    pub fn from_constant(constant: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == constant).map(|(_, kind)| *kind)
    }

    /// The constant of the app format.
    #[must_use]
    pub fn constant(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether a sync entry needs a function with this provider (sync.md §1.3).
    #[must_use]
    pub fn needs_function(self) -> bool {
        matches!(self, Self::Rest | Self::Sql | Self::Soap)
    }
}
