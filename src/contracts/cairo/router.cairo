//! Calls that lead to calls: depth, library calls, deployments, and failures that somebody catches.
//!
//! One cell, `mark`, shows what remains: a caught failure must leave no trace of what was done
//! below it, and the rest of the transaction must stand.

use starknet::{ClassHash, ContractAddress};

#[starknet::interface]
pub trait IRouter<TState> {
    /// Calls itself to the given depth and returns the number of calls below.
    fn descend(ref self: TState, depth: u32) -> u32;
    /// The same with library calls of `class_hash`, a router's class.
    fn descend_library(ref self: TState, class_hash: ClassHash, depth: u32) -> u32;
    /// Makes one call and returns what it returned. A failure goes up to the caller.
    fn forward(
        ref self: TState, to: ContractAddress, selector: felt252, calldata: Span<felt252>,
    ) -> Span<felt252>;
    /// Runs one entry point of a class on this contract's own state.
    fn forward_library(
        ref self: TState, class_hash: ClassHash, selector: felt252, calldata: Span<felt252>,
    ) -> Span<felt252>;
    /// Makes one call. `Ok` is what it returned, `Err` the panic data of a caught failure.
    fn try_forward(
        ref self: TState, to: ContractAddress, selector: felt252, calldata: Span<felt252>,
    ) -> Result<Span<felt252>, Array<felt252>>;
    /// Deploys `class_hash` once for each salt from `first_salt` on. A deployment that fails ends
    /// the transaction: nobody can catch it.
    fn deploy(
        ref self: TState,
        class_hash: ClassHash,
        first_salt: felt252,
        count: u32,
        calldata: Span<felt252>,
    ) -> Array<ContractAddress>;
    /// Goes `depth` calls down, marks the cell on each level, fails at the bottom, and catches the
    /// failure up here. Returns its panic data; what was marked below is undone.
    fn catch_failure(ref self: TState, depth: u32) -> Array<felt252>;
    /// Marks the cell, emits an event, and fails `depth` calls further down.
    fn fail_at(ref self: TState, depth: u32);
    fn get_mark(self: @TState) -> felt252;
    fn set_mark(ref self: TState, mark: felt252);
}

#[starknet::contract]
pub mod Router {
    use starknet::storage::{StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::syscalls::{call_contract_syscall, deploy_syscall, library_call_syscall};
    use starknet::{ClassHash, ContractAddress, SyscallResultTrait, get_contract_address};
    use super::{
        IRouterDispatcher, IRouterDispatcherTrait, IRouterLibraryDispatcher,
        IRouterSafeDispatcher, IRouterSafeDispatcherTrait,
    };

    #[storage]
    struct Storage {
        mark: felt252,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        Marked: Marked,
    }

    /// The cell was written.
    #[derive(Drop, starknet::Event)]
    struct Marked {
        mark: felt252,
    }

    #[abi(embed_v0)]
    impl RouterImpl of super::IRouter<ContractState> {
        fn descend(ref self: ContractState, depth: u32) -> u32 {
            if depth == 0 {
                return 0;
            }
            let below = IRouterDispatcher { contract_address: get_contract_address() };
            below.descend(depth - 1) + 1
        }

        fn descend_library(ref self: ContractState, class_hash: ClassHash, depth: u32) -> u32 {
            if depth == 0 {
                return 0;
            }
            IRouterLibraryDispatcher { class_hash }.descend_library(class_hash, depth - 1) + 1
        }

        fn forward(
            ref self: ContractState,
            to: ContractAddress,
            selector: felt252,
            calldata: Span<felt252>,
        ) -> Span<felt252> {
            call_contract_syscall(to, selector, calldata).unwrap_syscall()
        }

        fn forward_library(
            ref self: ContractState,
            class_hash: ClassHash,
            selector: felt252,
            calldata: Span<felt252>,
        ) -> Span<felt252> {
            library_call_syscall(class_hash, selector, calldata).unwrap_syscall()
        }

        fn try_forward(
            ref self: ContractState,
            to: ContractAddress,
            selector: felt252,
            calldata: Span<felt252>,
        ) -> Result<Span<felt252>, Array<felt252>> {
            call_contract_syscall(to, selector, calldata)
        }

        fn deploy(
            ref self: ContractState,
            class_hash: ClassHash,
            first_salt: felt252,
            count: u32,
            calldata: Span<felt252>,
        ) -> Array<ContractAddress> {
            let mut addresses = array![];
            for i in 0..count {
                let (address, _) = deploy_syscall(
                    class_hash, first_salt + i.into(), calldata, false,
                )
                    .unwrap_syscall();
                addresses.append(address);
            }
            addresses
        }

        #[feature("safe_dispatcher")]
        fn catch_failure(ref self: ContractState, depth: u32) -> Array<felt252> {
            let below = IRouterSafeDispatcher { contract_address: get_contract_address() };
            match below.fail_at(depth) {
                Ok(()) => panic!("A call that always fails returned."),
                Err(panic_data) => panic_data,
            }
        }

        fn fail_at(ref self: ContractState, depth: u32) {
            self.set_mark(depth.into() + 1);
            assert(depth != 0, 'Router: bottom');
            IRouterDispatcher { contract_address: get_contract_address() }.fail_at(depth - 1);
        }

        fn get_mark(self: @ContractState) -> felt252 {
            self.mark.read()
        }

        fn set_mark(ref self: ContractState, mark: felt252) {
            self.mark.write(mark);
            self.emit(Marked { mark });
        }
    }
}
