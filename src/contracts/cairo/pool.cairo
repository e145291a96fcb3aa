//! A pool of two tokens, a and b, that swaps at constant product: two hot cells, read and written
//! by every swap, so that each depends on the one before.
//!
//! It is a workload: the reserves are numbers, no token moves.
//!
//! Invariant: a swap never lowers `reserve_a * reserve_b`, for rounding favours the pool.

#[starknet::interface]
pub trait IPool<TState> {
    /// The reserves of a and b.
    fn reserves(self: @TState) -> (u128, u128);
    fn add_liquidity(ref self: TState, amount_a: u128, amount_b: u128);
    /// Pays `amount_in` of a (else of b) in, and returns how much of the other comes out. Panics
    /// if that is less than `min_amount_out`.
    fn swap(ref self: TState, a_to_b: bool, amount_in: u128, min_amount_out: u128) -> u128;
}

#[starknet::contract]
pub mod Pool {
    use core::num::traits::WideMul;
    use starknet::storage::{StoragePointerReadAccess, StoragePointerWriteAccess};

    /// Of every thousand paid in, this much takes part in the swap; the rest is the pool's fee.
    const PART_AFTER_FEE: u128 = 997;

    #[storage]
    struct Storage {
        reserve_a: u128,
        reserve_b: u128,
    }

    #[constructor]
    fn constructor(ref self: ContractState, reserve_a: u128, reserve_b: u128) {
        self.reserve_a.write(reserve_a);
        self.reserve_b.write(reserve_b);
    }

    #[abi(embed_v0)]
    impl PoolImpl of super::IPool<ContractState> {
        fn reserves(self: @ContractState) -> (u128, u128) {
            (self.reserve_a.read(), self.reserve_b.read())
        }

        fn add_liquidity(ref self: ContractState, amount_a: u128, amount_b: u128) {
            self.reserve_a.write(self.reserve_a.read() + amount_a);
            self.reserve_b.write(self.reserve_b.read() + amount_b);
        }

        fn swap(
            ref self: ContractState, a_to_b: bool, amount_in: u128, min_amount_out: u128,
        ) -> u128 {
            let a = self.reserve_a.read();
            let b = self.reserve_b.read();
            let (reserve_in, reserve_out) = if a_to_b {
                (a, b)
            } else {
                (b, a)
            };

            let amount_out = price(reserve_in, reserve_out, amount_in);
            assert(amount_out >= min_amount_out, 'Pool: too little out');
            let reserve_in = reserve_in + amount_in;
            let reserve_out = reserve_out - amount_out;

            let (a, b) = if a_to_b {
                (reserve_in, reserve_out)
            } else {
                (reserve_out, reserve_in)
            };
            self.reserve_a.write(a);
            self.reserve_b.write(b);
            amount_out
        }
    }

    /// The greatest amount that keeps the product, the fee left aside.
    fn price(reserve_in: u128, reserve_out: u128, amount_in: u128) -> u128 {
        let effective_in = amount_in * PART_AFTER_FEE / 1000;
        let divisor: u256 = reserve_in.into() + effective_in.into();
        assert(divisor != 0, 'Pool: no liquidity');
        // At most `reserve_out`, so it fits.
        (effective_in.wide_mul(reserve_out) / divisor).try_into().unwrap()
    }
}
