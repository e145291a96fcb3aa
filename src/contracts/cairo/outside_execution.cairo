//! Outside execution (SNIP-9, version 2): calls that the owner of an account signed off chain, for
//! somebody else to send. This file has the signed message and its hash; the account has the rules.
//!
//! The hash is the one that wallets compute for typed data (SNIP-12, revision 1):
//!
//!     H('StarkNet Message', H(domain), account, H(message))          H = Poseidon
//!
//! Every structure hashes with its type first, every list hashes to one felt on its own.

use core::poseidon::poseidon_hash_span;
use starknet::ContractAddress;
use starknet::account::Call;

/// The interface id under which an account announces that it takes such messages.
pub const INTERFACE_ID: felt252 = 0x1d1144bb2138366ff28d8e9ab57456b1d332ac42196230c3a602003c89872;

/// The `caller` of a message that anybody may send.
pub const ANY_CALLER: felt252 = 'ANY_CALLER';

// The keccak of each type's text, as SNIP-12 writes it.
const DOMAIN_TYPE: felt252 = 0x1ff2f602e42168014d405a94f75e8a93d640751d71d16311266e140d8b0a210;
const MESSAGE_TYPE: felt252 = 0x312b56c05a7965066ddbda31c016d8d05afc305071c0ca3cdc2192c3c2f1f0f;
const CALL_TYPE: felt252 = 0x3635c7f2a7ba93844c0d064e18e487f35ab90f7c39d00f186a781fc3f0c2ca9;

/// What the owner signs: who may send which calls, once, and strictly between two moments.
#[derive(Copy, Drop, Serde)]
pub struct OutsideExecution {
    pub caller: ContractAddress,
    pub nonce: felt252,
    pub execute_after: u64,
    pub execute_before: u64,
    pub calls: Span<Call>,
}

/// The felt that the owner of `account` signs to allow `message` on the chain `chain_id`.
pub fn message_hash(
    message: @OutsideExecution, account: ContractAddress, chain_id: felt252,
) -> felt252 {
    // Name, version and revision of the domain are constants of SNIP-9.
    let domain = poseidon_hash_span(
        array![DOMAIN_TYPE, 'Account.execute_from_outside', 2, chain_id, 1].span(),
    );
    let content = poseidon_hash_span(
        array![
            MESSAGE_TYPE, (*message.caller).into(), *message.nonce, (*message.execute_after).into(),
            (*message.execute_before).into(), calls_hash(*message.calls),
        ]
            .span(),
    );
    poseidon_hash_span(array!['StarkNet Message', domain, account.into(), content].span())
}

fn calls_hash(calls: Span<Call>) -> felt252 {
    let mut hashes = array![];
    for call in calls {
        let calldata = poseidon_hash_span(*call.calldata);
        hashes
            .append(
                poseidon_hash_span(
                    array![CALL_TYPE, (*call.to).into(), *call.selector, calldata].span(),
                ),
            );
    }
    poseidon_hash_span(hashes.span())
}
