//! An account without a lock: the same shape as `account`, but every signature is a good one.
//!
//! It lets a workload measure execution without ECDSA, and load generators send without signing.
//! Whoever knows its address owns it, so no chain that holds value may have it at genesis.

#[starknet::contract(account)]
pub mod OpenAccount {
    use crate::account_component::SignatureRule;
    use crate::account_component::account_component::InternalTrait;
    use crate::account_component::account_component as AccountComponent;

    component!(path: AccountComponent, storage: account, event: AccountEvent);

    #[abi(embed_v0)]
    impl AccountImpl = AccountComponent::AccountImpl<ContractState>;
    #[abi(embed_v0)]
    impl OutsideExecutionImpl = AccountComponent::OutsideExecutionImpl<ContractState>;

    #[storage]
    struct Storage {
        #[substorage(v0)]
        account: AccountComponent::Storage,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        #[flat]
        AccountEvent: AccountComponent::Event,
    }

    #[constructor]
    fn constructor(ref self: ContractState, public_key: felt252) {
        self.account.initialize(public_key);
    }

    impl Anything of SignatureRule<ContractState> {
        fn accepts_transaction(self: @ContractState) -> bool {
            true
        }

        fn accepts(self: @ContractState, hash: felt252, signature: Span<felt252>) -> bool {
            true
        }
    }
}
