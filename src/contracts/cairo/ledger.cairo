//! Balances by account and nothing else: the plainest contract in which transfers conflict exactly
//! where their accounts are shared. One cell per account, no total, no event.
//!
//! It is a workload, not money: anybody may credit and move anything.

use starknet::ContractAddress;

#[starknet::interface]
pub trait ILedger<TState> {
    fn balance_of(self: @TState, account: ContractAddress) -> u128;
    /// Makes `amount` out of nothing.
    fn credit(ref self: TState, account: ContractAddress, amount: u128);
    /// Moves `amount` from the caller to `to`.
    fn transfer(ref self: TState, to: ContractAddress, amount: u128);
    /// Moves `amount` between any two accounts.
    fn move(ref self: TState, from: ContractAddress, to: ContractAddress, amount: u128);
}

#[starknet::contract]
pub mod Ledger {
    use starknet::storage::{
        Map, StorageAsPointer, StorageMapReadAccess, StoragePathEntry, StoragePointerReadAccess,
        StoragePointerWriteAccess,
    };
    use starknet::{ContractAddress, get_caller_address};

    #[storage]
    struct Storage {
        balances: Map<ContractAddress, u128>,
    }

    #[abi(embed_v0)]
    impl LedgerImpl of super::ILedger<ContractState> {
        fn balance_of(self: @ContractState, account: ContractAddress) -> u128 {
            self.balances.read(account)
        }

        fn credit(ref self: ContractState, account: ContractAddress, amount: u128) {
            let cell = self.balances.entry(account).as_ptr();
            cell.write(cell.read() + amount);
        }

        fn transfer(ref self: ContractState, to: ContractAddress, amount: u128) {
            self.move(get_caller_address(), to, amount);
        }

        fn move(
            ref self: ContractState, from: ContractAddress, to: ContractAddress, amount: u128,
        ) {
            // A pointer is taken once per cell, for its key costs a Pedersen hash.
            let cell = self.balances.entry(from).as_ptr();
            let balance = cell.read();
            assert(amount <= balance, 'Ledger: insufficient balance');
            cell.write(balance - amount);
            self.credit(to, amount);
        }
    }
}
