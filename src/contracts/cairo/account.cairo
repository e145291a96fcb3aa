//! The account of a user: it obeys whoever holds the private key of `Account_public_key`.
//!
//! A signature is the two felts r and s of ECDSA on the Stark curve, over the transaction hash.

#[starknet::contract(account)]
pub mod Account {
    use core::ecdsa::check_ecdsa_signature;
    use starknet::get_tx_info;
    use starknet::storage::StoragePointerReadAccess;
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

    impl Ecdsa of SignatureRule<ContractState> {
        fn accepts_transaction(self: @ContractState) -> bool {
            let transaction = get_tx_info();
            self.accepts(transaction.transaction_hash, transaction.signature)
        }

        fn accepts(self: @ContractState, hash: felt252, mut signature: Span<felt252>) -> bool {
            let Some(pair) = signature.multi_pop_front::<2>() else {
                return false;
            };
            let [r, s] = (*pair).unbox();
            signature.is_empty()
                && check_ecdsa_signature(hash, self.account.Account_public_key.read(), r, s)
        }
    }
}
