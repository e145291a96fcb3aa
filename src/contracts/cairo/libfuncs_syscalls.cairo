//! Every syscall, one entry point a group: what the specs of the Cairo VM and of the protocol call to see each one run.
//!
//! Failures come back as data where the protocol lets a contract catch them.

use starknet::{ClassHash, ContractAddress};

#[starknet::interface]
pub trait ISyscalls<TState> {
    /// What is known of block, transaction and call, in both layouts that Cairo has.
    fn info(self: @TState) -> Span<felt252>;
    fn block_hash(self: @TState, number: u64) -> felt252;
    fn class_at(self: @TState, address: ContractAddress) -> ClassHash;
    /// Writes a cell and those behind it, and reads them back.
    fn storage(ref self: TState, base: felt252, offset: u8, value: felt252) -> felt252;
    fn emit(ref self: TState, keys: Span<felt252>, data: Span<felt252>);
    fn message(ref self: TState, to: felt252, payload: Span<felt252>);
    fn call(
        ref self: TState, to: ContractAddress, selector: felt252, calldata: Span<felt252>,
    ) -> Span<felt252>;
    fn library(
        ref self: TState, class: ClassHash, selector: felt252, calldata: Span<felt252>,
    ) -> Span<felt252>;
    fn meta(
        ref self: TState,
        to: ContractAddress,
        selector: felt252,
        calldata: Span<felt252>,
        signature: Span<felt252>,
    ) -> Span<felt252>;
    fn deploy(
        ref self: TState, class: ClassHash, salt: felt252, calldata: Span<felt252>, zero: bool,
    ) -> ContractAddress;
    fn replace(ref self: TState, class: ClassHash);
    fn keccak(self: @TState, words: Span<u64>) -> u256;
    fn sha256(self: @TState, word: u32, blocks: u8) -> felt252;
    /// k G + (k G + P), where P has this x.
    fn secp256k1(self: @TState, x: u256, k: u256) -> (u256, u256);
    fn secp256r1(self: @TState, x: u256, k: u256) -> (u256, u256);
}

#[starknet::contract]
pub mod Syscalls {
    use core::num::traits::Zero;
    use starknet::secp256_trait::{Secp256PointTrait, Secp256Trait};
    use starknet::secp256k1::Secp256k1Point;
    use starknet::secp256r1::Secp256r1Point;
    use starknet::storage_access::{
        StorageAddress, StorageBaseAddress, storage_address_from_base,
        storage_address_from_base_and_offset, storage_base_address_from_felt252,
    };
    use starknet::syscalls::{
        call_contract_syscall, deploy_syscall, emit_event_syscall, get_block_hash_syscall,
        get_class_hash_at_syscall, keccak_syscall, library_call_syscall, meta_tx_v0_syscall,
        replace_class_syscall, send_message_to_l1_syscall, storage_read_syscall, storage_write_syscall,
    };
    use starknet::{ClassHash, ContractAddress, SyscallResult};

    extern fn class_hash_const<const address: felt252>() -> ClassHash nopanic;
    extern fn storage_address_to_felt252(address: StorageAddress) -> felt252 nopanic;
    extern fn storage_address_try_from_felt252(
        address: felt252,
    ) -> Option<StorageAddress> implicits(core::RangeCheck) nopanic;

    #[storage]
    struct Storage {}

    /// What came back, or why nothing did.
    fn answer(result: SyscallResult<Span<felt252>>) -> Span<felt252> {
        match result {
            Ok(felts) => felts,
            Err(reason) => reason.span(),
        }
    }

    fn curve<
        Point,
        +Copy<Point>,
        +Drop<Point>,
        +Secp256Trait<Point>,
        +Secp256PointTrait<Point>,
    >(
        x: u256, k: u256,
    ) -> (u256, u256) {
        let generator = Secp256Trait::<Point>::get_generator_point();
        let multiple = generator.mul(k).expect('mul');
        let other = match Secp256Trait::<Point>::secp256_ec_get_point_from_x_syscall(x, true) {
            Ok(Some(point)) => point,
            _ => generator,
        };
        let sum = multiple.add(multiple.add(other).expect('add')).expect('add');
        let (x, y) = sum.get_coordinates().expect('xy');
        match Secp256Trait::<Point>::secp256_ec_new_syscall(x, y) {
            Ok(Some(_)) => (x, y),
            _ => (Zero::zero(), Zero::zero()),
        }
    }

    #[abi(embed_v0)]
    impl SyscallsImpl of super::ISyscalls<ContractState> {
        fn info(self: @ContractState) -> Span<felt252> {
            let old = starknet::syscalls::get_execution_info_syscall().expect('info').unbox();
            let new = starknet::syscalls::get_execution_info_v2_syscall().expect('info').unbox();
            let (block, tx) = (old.block_info.unbox(), new.tx_info.unbox());
            let mut felts = array![
                block.block_number.into(), block.block_timestamp.into(),
                block.sequencer_address.into(), tx.version, tx.account_contract_address.into(),
                tx.max_fee.into(), tx.signature.len().into(), tx.transaction_hash, tx.chain_id,
                tx.nonce, tx.resource_bounds.len().into(), tx.tip.into(),
                tx.paymaster_data.len().into(), tx.nonce_data_availability_mode.into(),
                tx.fee_data_availability_mode.into(), tx.account_deployment_data.len().into(),
                old.caller_address.into(), new.contract_address.into(), new.entry_point_selector,
            ];
            felts.append(class_hash_const::<7>().into());
            felts.span()
        }

        fn block_hash(self: @ContractState, number: u64) -> felt252 {
            match get_block_hash_syscall(number) {
                Ok(hash) => hash,
                Err(reason) => *reason[0],
            }
        }

        fn class_at(self: @ContractState, address: ContractAddress) -> ClassHash {
            get_class_hash_at_syscall(address).expect('class')
        }

        fn storage(ref self: ContractState, base: felt252, offset: u8, value: felt252) -> felt252 {
            let base: StorageBaseAddress = storage_base_address_from_felt252(base);
            let first = storage_address_from_base(base);
            let further = storage_address_from_base_and_offset(base, offset);
            storage_write_syscall(0, first, value).expect('write');
            storage_write_syscall(0, further, value + 1).expect('write');
            let next = storage_address_to_felt252(further) + 1;
            let last = match storage_address_try_from_felt252(next) {
                Some(address) => storage_read_syscall(0, address).expect('read'),
                None => 'no address',
            };
            storage_read_syscall(0, first).expect('read') + last
        }

        fn emit(ref self: ContractState, keys: Span<felt252>, data: Span<felt252>) {
            emit_event_syscall(keys, data).expect('event');
        }

        fn message(ref self: ContractState, to: felt252, payload: Span<felt252>) {
            send_message_to_l1_syscall(to, payload).expect('message');
        }

        fn call(
            ref self: ContractState,
            to: ContractAddress,
            selector: felt252,
            calldata: Span<felt252>,
        ) -> Span<felt252> {
            answer(call_contract_syscall(to, selector, calldata))
        }

        fn library(
            ref self: ContractState, class: ClassHash, selector: felt252, calldata: Span<felt252>,
        ) -> Span<felt252> {
            answer(library_call_syscall(class, selector, calldata))
        }

        fn meta(
            ref self: ContractState,
            to: ContractAddress,
            selector: felt252,
            calldata: Span<felt252>,
            signature: Span<felt252>,
        ) -> Span<felt252> {
            answer(meta_tx_v0_syscall(to, selector, calldata, signature))
        }

        fn deploy(
            ref self: ContractState,
            class: ClassHash,
            salt: felt252,
            calldata: Span<felt252>,
            zero: bool,
        ) -> ContractAddress {
            let (address, _) = deploy_syscall(class, salt, calldata, zero).expect('deploy');
            address
        }

        fn replace(ref self: ContractState, class: ClassHash) {
            replace_class_syscall(class).expect('replace');
        }

        fn keccak(self: @ContractState, words: Span<u64>) -> u256 {
            match keccak_syscall(words) {
                Ok(hash) => hash,
                Err(_) => 0,
            }
        }

        fn sha256(self: @ContractState, word: u32, blocks: u8) -> felt252 {
            let hash = core::sha256::compute_sha256_u32_array(
                array![word, blocks.into(), 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597],
                word,
                2,
            );
            let [first, _, _, _, _, _, _, last] = hash;
            first.into() + 3 * last.into()
        }

        fn secp256k1(self: @ContractState, x: u256, k: u256) -> (u256, u256) {
            curve::<Secp256k1Point>(x, k)
        }

        fn secp256r1(self: @ContractState, x: u256, k: u256) -> (u256, u256) {
            curve::<Secp256r1Point>(x, k)
        }
    }
}
