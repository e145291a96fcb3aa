//! Chains of n hashes: workloads of one builtin (Pedersen, Poseidon) or one syscall (Keccak).

#[starknet::interface]
pub trait IHasher<TState> {
    /// n times x -> pedersen(x, n), from 0; n counts down to 1.
    fn pedersen(self: @TState, n: felt252) -> felt252;
    /// n times x -> poseidon(x, n), from 0; n counts down to 1.
    fn poseidon(self: @TState, n: felt252) -> felt252;
    /// n times x -> keccak of the 32 bytes of x, from 0.
    fn keccak(self: @TState, n: felt252) -> u256;
}

#[starknet::contract]
pub mod Hasher {
    use core::keccak::keccak_u256s_be_inputs;
    use core::pedersen::pedersen;
    use core::poseidon::hades_permutation;

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl HasherImpl of super::IHasher<ContractState> {
        fn pedersen(self: @ContractState, mut n: felt252) -> felt252 {
            let mut x = 0;
            while n != 0 {
                x = pedersen(x, n);
                n -= 1;
            }
            x
        }

        fn poseidon(self: @ContractState, mut n: felt252) -> felt252 {
            let mut x = 0;
            while n != 0 {
                // The third lane is 2 where two felts are hashed.
                let (hash, _, _) = hades_permutation(x, n, 2);
                x = hash;
                n -= 1;
            }
            x
        }

        fn keccak(self: @ContractState, mut n: felt252) -> u256 {
            let mut x = 0_u256;
            while n != 0 {
                // Big-endian in, little-endian out: a chain has no need to turn it round.
                x = keccak_u256s_be_inputs(array![x].span());
                n -= 1;
            }
            x
        }
    }
}
