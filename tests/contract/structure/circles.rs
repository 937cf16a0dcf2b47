//! Finds import circles: groups of files that use items of each other, directly or indirectly.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree, Visibility};

use super::modules::Module;

/// Maps each file to the files whose items it uses.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

type Path = Vec<String>;

/// Finds the imports between the files of a crate. An import of a re-exported item counts as an
/// import of the file that defines the item. Module declarations are not imports. A re-export
/// counts as an import only if the other code of the file contains the re-exported name.
pub(super) fn imports(modules: &[Module]) -> Graph {
    let crates = Crate::of(modules);
    let edges = modules.iter().map(|module| {
        let used = used_paths(module).into_iter().filter_map(|path| crates.defining_module(&path));
        let files = used.filter(|target| **target != module.path).map(|target| crates.files[target].clone());
        (module.file.clone(), files.collect())
    });
    edges.collect()
}

/// Returns the groups of files that import each other in a circle.
pub(super) fn of(graph: &Graph) -> Vec<Vec<String>> {
    let reachable = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = graph[from].iter().collect();
        while let Some(file) = open.pop() {
            if seen.insert(file.clone()) {
                open.extend(graph[file].iter());
            }
        }
        seen
    };
    let reach: BTreeMap<&String, BTreeSet<String>> = graph.keys().map(|file| (file, reachable(file))).collect();
    let circle = |file: &String| -> Vec<String> {
        reach[file].iter().filter(|other| reach[other].contains(file)).cloned().collect()
    };
    let groups: BTreeSet<Vec<String>> = graph.keys().filter(|file| reach[file].contains(*file)).map(circle).collect();
    groups.into_iter().collect()
}

struct Crate {
    files: BTreeMap<Path, String>,
    /// For each module, the names that its imports and re-exports introduce, and the path of each.
    names: BTreeMap<Path, BTreeMap<String, Path>>,
}

impl Crate {
    fn of(modules: &[Module]) -> Self {
        let files = modules.iter().map(|module| (module.path.clone(), module.file.clone())).collect();
        let names = modules.iter().map(|module| {
            let imported = module.items.iter().filter_map(|item| match item {
                Item::Use(item) => Some(leaves(&item.tree, &module.path)),
                _ => None,
            });
            (module.path.clone(), imported.flatten().collect())
        });
        Self { files, names: names.collect() }
    }

    /// Finds the module that defines the item at a path. For an item of another crate, returns the
    /// module of this crate that imports the item.
    fn defining_module(&self, path: &Path) -> Option<&Path> {
        let mut path = path.clone();
        for _ in 0..10 {
            let length = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
            let (module, rest) = path.split_at(length);
            let renamed = rest.first().and_then(|name| self.names.get(module)?.get(name));
            match renamed {
                Some(target) => path = [target, &rest[1..]].concat(),
                None if module.is_empty() && rest.first().is_some_and(|name| name == "::") => return None,
                None => return self.files.get_key_value(module).map(|(path, _)| path),
            }
        }
        None
    }
}

/// Lists the paths within this crate that a file uses, from the root of the crate.
fn used_paths(module: &Module) -> Vec<Path> {
    let is_code = |item: &&Item| !matches!(item, Item::Use(_) | Item::Mod(_));
    let code: Vec<&Item> = module.items.iter().filter(is_code).collect();
    let mut tokens = Vec::new();
    code.iter().for_each(|item| flatten(item.to_token_stream(), &mut tokens));
    let words: BTreeSet<&str> = tokens.iter().map(String::as_str).collect();
    let mut paths = Vec::new();
    for item in &module.items {
        if let Item::Use(item) = item {
            let is_export = !matches!(item.vis, Visibility::Inherited);
            let imported = leaves(&item.tree, &module.path);
            paths
                .extend(imported.filter(|(name, _)| !is_export || words.contains(name.as_str())).map(|(_, path)| path));
        }
    }
    let children: BTreeSet<String> = module
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    for (i, word) in tokens.iter().enumerate() {
        let begins = i == 0 || tokens[i - 1] != "::";
        let leads = tokens.get(i + 1).is_some_and(|next| next == "::");
        if begins && leads && (matches!(word.as_str(), "crate" | "super" | "self") || children.contains(word)) {
            let path = tokens[i..].chunks(2).take_while(|pair| pair[0] != "::").map(|pair| pair[0].clone());
            let mut end = false;
            let path: Path = path
                .zip(tokens[i..].chunks(2).map(|pair| pair.get(1).is_some_and(|next| next == "::")))
                .take_while(|(_, more)| !std::mem::replace(&mut end, !more))
                .map(|(segment, _)| segment)
                .collect();
            paths.extend(absolute(&path, &module.path));
        }
    }
    paths
}

/// Lists the names that a `use` introduces, each with its path. A glob has the path of its module.
fn leaves<'a>(tree: &'a UseTree, module: &'a [String]) -> Box<dyn Iterator<Item = (String, Path)> + 'a> {
    fn walk(tree: &UseTree, prefix: &Path, found: &mut Vec<(String, Path)>) {
        let with = |name: &syn::Ident| [prefix.as_slice(), &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(&path.ident), found),
            UseTree::Name(name) if name.ident == "self" => {
                found.push((prefix.last().cloned().unwrap_or_default(), prefix.clone()));
            }
            UseTree::Name(name) => found.push((name.ident.to_string(), with(&name.ident))),
            UseTree::Rename(rename) => found.push((rename.rename.to_string(), with(&rename.ident))),
            UseTree::Glob(_) => found.push(("*".to_owned(), prefix.clone())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, prefix, found)),
        }
    }
    let mut found = Vec::new();
    walk(tree, &Vec::new(), &mut found);
    Box::new(found.into_iter().filter_map(move |(name, path)| Some((name, absolute(&path, module)?))))
}

/// Converts a path to a path from the root of this crate. Returns `None` for a path into `std`,
/// `core` or `alloc`. A path into any other crate is treated like a path relative to the module.
fn absolute(path: &[String], module: &[String]) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let (_, parent) = module.split_last()?;
            match rest.first().map(String::as_str) {
                Some("super") => absolute(rest, parent),
                _ => Some([parent, rest].concat()),
            }
        }
        "std" | "core" | "alloc" => None,
        _ => Some([module, path].concat()),
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                tokens.push("(".to_owned());
                flatten(group.stream(), tokens);
                tokens.push(")".to_owned());
            }
            TokenTree::Ident(ident) => tokens.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => match tokens.last_mut() {
                Some(last) if last == ":" => *last = "::".to_owned(),
                _ => tokens.push(":".to_owned()),
            },
            TokenTree::Punct(punct) => tokens.push(punct.to_string()),
            TokenTree::Literal(_) => tokens.push("literal".to_owned()),
        }
    }
}
