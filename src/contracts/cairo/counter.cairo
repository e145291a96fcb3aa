//! A number that anybody may raise: one hot cell, on which all transactions of a workload meet.

#[starknet::interface]
pub trait ICounter<TState> {
    fn get(self: @TState) -> u128;
    /// Adds one and returns the new value.
    fn increment(ref self: TState) -> u128;
    /// Adds `amount` and returns the new value.
    fn increase(ref self: TState, amount: u128) -> u128;
    /// Adds one, then panics with a text, so that the addition never happened.
    fn fail(ref self: TState);
}

#[starknet::contract]
pub mod Counter {
    use starknet::storage::{StoragePointerReadAccess, StoragePointerWriteAccess};
    use starknet::{ContractAddress, get_caller_address};

    #[storage]
    struct Storage {
        value: u128,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        Increased: Increased,
    }

    /// `caller` raised the counter to `value`.
    #[derive(Drop, starknet::Event)]
    struct Increased {
        #[key]
        caller: ContractAddress,
        value: u128,
    }

    #[constructor]
    fn constructor(ref self: ContractState, value: u128) {
        self.value.write(value);
    }

    #[abi(embed_v0)]
    impl CounterImpl of super::ICounter<ContractState> {
        fn get(self: @ContractState) -> u128 {
            self.value.read()
        }

        fn increment(ref self: ContractState) -> u128 {
            self.increase(1)
        }

        fn increase(ref self: ContractState, amount: u128) -> u128 {
            let value = self.value.read() + amount;
            self.value.write(value);
            self.emit(Increased { caller: get_caller_address(), value });
            value
        }

        fn fail(ref self: ContractState) {
            let value = self.increase(1);
            panic!("The counter would be {}, but this entry point always fails.", value)
        }
    }
}
