//! What every account of ours does, whatever it takes for a signature.
//!
//! A transaction reaches an account twice: `__validate__` says whether it pays, `__execute__` makes
//! the calls. Both are for the protocol alone, which calls from address 0. That is not enough to
//! tell the protocol, though: a meta transaction arrives from address 0 as well, with version 0 and
//! without validation. Hence `__execute__` looks at the version too.
//!
//! Invariant: nothing is executed in the account's name unless its `SignatureRule` accepted it.

use starknet::account::Call;
use crate::outside_execution::OutsideExecution;

/// SRC-5, introspection: `supports_interface`.
pub const SRC5_ID: felt252 = 0x3f918d17e5ee77373b56385708f855659a07f75997f365cf87748628532a055;
/// SRC-6, a standard account: `__validate__`, `__execute__`, `is_valid_signature`.
pub const SRC6_ID: felt252 = 0x2ceccef7f994940b3962a6c67e0ba4fcd37df7d131417c604f91e03caecc1cd;

/// What the account accepts. The contract that embeds the component decides.
pub trait SignatureRule<TContractState> {
    /// Whether the transaction that is being validated bears a good signature.
    fn accepts_transaction(self: @TContractState) -> bool;
    /// Whether `signature` is a good one of `hash`.
    fn accepts(self: @TContractState, hash: felt252, signature: Span<felt252>) -> bool;
}

#[starknet::interface]
pub trait IAccount<TState> {
    /// Accepts the current transaction with its calls, or panics.
    fn __validate__(ref self: TState, calls: Array<Call>) -> felt252;
    /// Makes the calls in order, all or none, and returns what each returned.
    fn __execute__(ref self: TState, calls: Array<Call>) -> Array<Span<felt252>>;
    /// Accepts to pay for the declaration of a class, or panics.
    fn __validate_declare__(self: @TState, class_hash: felt252) -> felt252;
    /// Accepts to pay for this account's own deployment, or panics.
    fn __validate_deploy__(
        self: @TState, class_hash: felt252, contract_address_salt: felt252, public_key: felt252,
    ) -> felt252;
    /// 'VALID' if the owner signed `hash`, else 0.
    fn is_valid_signature(self: @TState, hash: felt252, signature: Array<felt252>) -> felt252;
    /// SRC-5.
    fn supports_interface(self: @TState, interface_id: felt252) -> bool;
    fn get_public_key(self: @TState) -> felt252;
    /// Hands the account to another key. Only the account itself may, so in a call of its own.
    fn set_public_key(ref self: TState, new_public_key: felt252);
}

#[starknet::interface]
pub trait IOutsideExecution<TState> {
    /// Makes the calls of a message that the owner signed, on behalf of whoever sent it here.
    fn execute_from_outside_v2(
        ref self: TState, outside_execution: OutsideExecution, signature: Span<felt252>,
    ) -> Array<Span<felt252>>;
    /// Whether no message with this nonce was executed yet.
    fn is_valid_outside_execution_nonce(self: @TState, nonce: felt252) -> bool;
}

#[starknet::component]
pub mod account_component {
    use core::num::traits::Zero;
    use starknet::account::Call;
    use starknet::storage::{
        Map, StorageMapReadAccess, StorageMapWriteAccess, StoragePointerReadAccess,
        StoragePointerWriteAccess,
    };
    use starknet::syscalls::call_contract_syscall;
    use starknet::{SyscallResultTrait, VALIDATED, get_execution_info};
    use crate::outside_execution;
    use crate::outside_execution::OutsideExecution;
    use super::{SRC5_ID, SRC6_ID, SignatureRule};

    /// The only version of transactions in use, and how it reads while a fee is estimated.
    const VERSION: felt252 = 3;
    const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

    #[storage]
    pub struct Storage {
        pub Account_public_key: felt252,
        pub SRC5_supported_interfaces: Map<felt252, bool>,
        pub SRC9_nonces: Map<felt252, bool>,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        PublicKeyChanged: PublicKeyChanged,
    }

    /// The account changed hands.
    #[derive(Drop, starknet::Event)]
    pub struct PublicKeyChanged {
        #[key]
        pub public_key: felt252,
    }

    #[embeddable_as(AccountImpl)]
    impl Account<
        TContractState, +HasComponent<TContractState>, +SignatureRule<TContractState>,
    > of super::IAccount<ComponentState<TContractState>> {
        fn __validate__(
            ref self: ComponentState<TContractState>, calls: Array<Call>,
        ) -> felt252 {
            self.validate()
        }

        fn __execute__(
            ref self: ComponentState<TContractState>, calls: Array<Call>,
        ) -> Array<Span<felt252>> {
            let execution = get_execution_info();
            assert(execution.caller_address.is_zero(), 'Account: invalid caller');
            let version = execution.tx_info.version;
            assert(version == VERSION || version == QUERY_VERSION, 'Account: invalid tx version');
            execute(calls.span())
        }

        fn __validate_declare__(
            self: @ComponentState<TContractState>, class_hash: felt252,
        ) -> felt252 {
            self.validate()
        }

        fn __validate_deploy__(
            self: @ComponentState<TContractState>,
            class_hash: felt252,
            contract_address_salt: felt252,
            public_key: felt252,
        ) -> felt252 {
            self.validate()
        }

        fn is_valid_signature(
            self: @ComponentState<TContractState>, hash: felt252, signature: Array<felt252>,
        ) -> felt252 {
            if self.get_contract().accepts(hash, signature.span()) {
                VALIDATED
            } else {
                0
            }
        }

        fn supports_interface(
            self: @ComponentState<TContractState>, interface_id: felt252,
        ) -> bool {
            // What the code can do is known to the code. The cells are for tools that read them.
            interface_id == SRC6_ID
                || interface_id == SRC5_ID
                || interface_id == outside_execution::INTERFACE_ID
                || self.SRC5_supported_interfaces.read(interface_id)
        }

        fn get_public_key(self: @ComponentState<TContractState>) -> felt252 {
            self.Account_public_key.read()
        }

        fn set_public_key(ref self: ComponentState<TContractState>, new_public_key: felt252) {
            let execution = get_execution_info();
            assert(
                execution.caller_address == execution.contract_address, 'Account: unauthorized',
            );
            self.Account_public_key.write(new_public_key);
            self.emit(PublicKeyChanged { public_key: new_public_key });
        }
    }

    #[embeddable_as(OutsideExecutionImpl)]
    impl OutsideExecutions<
        TContractState, +HasComponent<TContractState>, +SignatureRule<TContractState>,
    > of super::IOutsideExecution<ComponentState<TContractState>> {
        fn execute_from_outside_v2(
            ref self: ComponentState<TContractState>,
            outside_execution: OutsideExecution,
            signature: Span<felt252>,
        ) -> Array<Span<felt252>> {
            let execution = get_execution_info();
            if outside_execution.caller.into() != outside_execution::ANY_CALLER {
                assert(
                    outside_execution.caller == execution.caller_address, 'SRC9: invalid caller',
                );
            }
            let now = execution.block_info.block_timestamp;
            assert(outside_execution.execute_after < now, 'SRC9: now <= execute_after');
            assert(now < outside_execution.execute_before, 'SRC9: now >= execute_before');

            let hash = outside_execution::message_hash(
                @outside_execution, execution.contract_address, execution.tx_info.chain_id,
            );
            assert(self.get_contract().accepts(hash, signature), 'SRC9: invalid signature');

            // Used before the calls are made: one of them might come back here.
            assert(!self.SRC9_nonces.read(outside_execution.nonce), 'SRC9: duplicated nonce');
            self.SRC9_nonces.write(outside_execution.nonce, true);
            execute(outside_execution.calls)
        }

        fn is_valid_outside_execution_nonce(
            self: @ComponentState<TContractState>, nonce: felt252,
        ) -> bool {
            !self.SRC9_nonces.read(nonce)
        }
    }

    #[generate_trait]
    pub impl InternalImpl<
        TContractState, +HasComponent<TContractState>, +SignatureRule<TContractState>,
    > of InternalTrait<TContractState> {
        /// For the constructor: writes the cells that genesis writes for an account of its own.
        fn initialize(ref self: ComponentState<TContractState>, public_key: felt252) {
            self.Account_public_key.write(public_key);
            self.SRC5_supported_interfaces.write(SRC6_ID, true);
        }

        fn validate(self: @ComponentState<TContractState>) -> felt252 {
            assert(self.get_contract().accepts_transaction(), 'Account: invalid signature');
            VALIDATED
        }
    }

    fn execute(mut calls: Span<Call>) -> Array<Span<felt252>> {
        let mut results = array![];
        while let Some(call) = calls.pop_front() {
            results
                .append(
                    call_contract_syscall(*call.to, *call.selector, *call.calldata)
                        .unwrap_syscall(),
                );
        }
        results
    }
}
