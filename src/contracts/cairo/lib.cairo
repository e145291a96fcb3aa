//! The contracts that a bare Fugue chain boots with, the workloads that its benches run, and three
//! classes that between them use every libfunc, for specs.
//!
//! The names of storage variables are public interface: genesis writes those cells directly, and
//! other people's tools compute their keys. Renaming one is a breaking change.

pub mod account;
pub mod account_component;
pub mod counter;
pub mod erc20;
pub mod hasher;
pub mod ledger;
pub mod libfuncs_data;
pub mod libfuncs_numbers;
pub mod libfuncs_syscalls;
pub mod loops;
pub mod open_account;
pub mod outside_execution;
pub mod pool;
pub mod router;
pub mod udc;
