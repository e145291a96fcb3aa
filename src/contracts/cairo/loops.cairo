//! Work of a length that the caller chooses, without any state: what a transaction costs besides
//! conflicts. The module is not called `loop`, for that is a word of the language.

#[starknet::interface]
pub trait ILoop<TState> {
    /// n rounds on numbers of one machine word: the n-th triangular number.
    fn work(self: @TState, n: felt252) -> felt252;
    /// n rounds on numbers as wide as the field: n times x -> x * x + n, from 2.
    fn work_wide(self: @TState, n: felt252) -> felt252;
    /// Ends when the gas does.
    fn forever(self: @TState);
}

#[starknet::contract]
pub mod Loop {
    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl LoopImpl of super::ILoop<ContractState> {
        fn work(self: @ContractState, mut n: felt252) -> felt252 {
            let mut sum = 0;
            // A felt counts down to 0 without range checks.
            while n != 0 {
                sum += n;
                n -= 1;
            }
            sum
        }

        fn work_wide(self: @ContractState, mut n: felt252) -> felt252 {
            let mut x = 2;
            while n != 0 {
                x = x * x + n;
                n -= 1;
            }
            x
        }

        fn forever(self: @ContractState) {
            loop {}
        }
    }
}
