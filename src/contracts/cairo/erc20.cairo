//! The fee tokens STRK and ETH, and any other fungible token.
//!
//! Entry points have their snake-case names and the camel-case ones that older tools call. Fees are
//! paid by `transfer`, which reads the sender's balance, then the receiver's: four cells, in this
//! order, and no other. Executors of the network rely on that.
//!
//! Invariant: the balances add up to `ERC20_total_supply`, so no addition below can overflow unless
//! somebody wrote the cells directly, and then it panics.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IERC20<TState> {
    fn name(self: @TState) -> felt252;
    fn symbol(self: @TState) -> felt252;
    fn decimals(self: @TState) -> u8;
    fn total_supply(self: @TState) -> u256;
    fn balance_of(self: @TState, account: ContractAddress) -> u256;
    fn allowance(self: @TState, owner: ContractAddress, spender: ContractAddress) -> u256;
    fn transfer(ref self: TState, recipient: ContractAddress, amount: u256) -> bool;
    fn transfer_from(
        ref self: TState, sender: ContractAddress, recipient: ContractAddress, amount: u256,
    ) -> bool;
    fn approve(ref self: TState, spender: ContractAddress, amount: u256) -> bool;
    fn increase_allowance(ref self: TState, spender: ContractAddress, added_value: u256) -> bool;
    fn decrease_allowance(
        ref self: TState, spender: ContractAddress, subtracted_value: u256,
    ) -> bool;
}

#[starknet::interface]
pub trait IERC20Camel<TState> {
    fn totalSupply(self: @TState) -> u256;
    fn balanceOf(self: @TState, account: ContractAddress) -> u256;
    fn transferFrom(
        ref self: TState, sender: ContractAddress, recipient: ContractAddress, amount: u256,
    ) -> bool;
    fn increaseAllowance(ref self: TState, spender: ContractAddress, addedValue: u256) -> bool;
    fn decreaseAllowance(ref self: TState, spender: ContractAddress, subtractedValue: u256) -> bool;
}

/// What the bridge does on a public network, and the faucet on a development chain.
#[starknet::interface]
pub trait IMintable<TState> {
    fn permissioned_mint(ref self: TState, account: ContractAddress, amount: u256);
    fn permissioned_burn(ref self: TState, account: ContractAddress, amount: u256);
}

#[starknet::contract]
pub mod ERC20 {
    use core::num::traits::{Bounded, Zero};
    use starknet::storage::{
        Map, StorageAsPointer, StorageMapReadAccess, StorageMapWriteAccess, StoragePathEntry,
        StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use starknet::{ContractAddress, get_caller_address};

    #[storage]
    struct Storage {
        // Short strings, one felt each.
        ERC20_name: felt252,
        ERC20_symbol: felt252,
        ERC20_decimals: u8,
        ERC20_total_supply: u256,
        ERC20_balances: Map<ContractAddress, u256>,
        ERC20_allowances: Map<(ContractAddress, ContractAddress), u256>,
        permitted_minter: ContractAddress,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        Transfer: Transfer,
        Approval: Approval,
    }

    /// `value` went from one account to another. Address 0 stands for minting and burning.
    #[derive(Drop, starknet::Event)]
    struct Transfer {
        #[key]
        from: ContractAddress,
        #[key]
        to: ContractAddress,
        value: u256,
    }

    /// `spender` may from now on take `value` from `owner`.
    #[derive(Drop, starknet::Event)]
    struct Approval {
        #[key]
        owner: ContractAddress,
        #[key]
        spender: ContractAddress,
        value: u256,
    }

    #[constructor]
    fn constructor(
        ref self: ContractState,
        name: felt252,
        symbol: felt252,
        decimals: u8,
        initial_supply: u256,
        recipient: ContractAddress,
        permitted_minter: ContractAddress,
    ) {
        self.ERC20_name.write(name);
        self.ERC20_symbol.write(symbol);
        self.ERC20_decimals.write(decimals);
        self.permitted_minter.write(permitted_minter);
        self.mint(recipient, initial_supply);
    }

    #[abi(embed_v0)]
    impl ERC20Impl of super::IERC20<ContractState> {
        fn name(self: @ContractState) -> felt252 {
            self.ERC20_name.read()
        }

        fn symbol(self: @ContractState) -> felt252 {
            self.ERC20_symbol.read()
        }

        fn decimals(self: @ContractState) -> u8 {
            self.ERC20_decimals.read()
        }

        fn total_supply(self: @ContractState) -> u256 {
            self.ERC20_total_supply.read()
        }

        fn balance_of(self: @ContractState, account: ContractAddress) -> u256 {
            self.ERC20_balances.read(account)
        }

        fn allowance(
            self: @ContractState, owner: ContractAddress, spender: ContractAddress,
        ) -> u256 {
            self.ERC20_allowances.read((owner, spender))
        }

        fn transfer(ref self: ContractState, recipient: ContractAddress, amount: u256) -> bool {
            self.move_balance(get_caller_address(), recipient, amount);
            true
        }

        fn transfer_from(
            ref self: ContractState,
            sender: ContractAddress,
            recipient: ContractAddress,
            amount: u256,
        ) -> bool {
            self.spend_allowance(sender, get_caller_address(), amount);
            self.move_balance(sender, recipient, amount);
            true
        }

        fn approve(ref self: ContractState, spender: ContractAddress, amount: u256) -> bool {
            self.set_allowance(get_caller_address(), spender, amount);
            true
        }

        fn increase_allowance(
            ref self: ContractState, spender: ContractAddress, added_value: u256,
        ) -> bool {
            let owner = get_caller_address();
            let allowance = self.ERC20_allowances.read((owner, spender));
            self.set_allowance(owner, spender, allowance + added_value);
            true
        }

        fn decrease_allowance(
            ref self: ContractState, spender: ContractAddress, subtracted_value: u256,
        ) -> bool {
            let owner = get_caller_address();
            let allowance = self.ERC20_allowances.read((owner, spender));
            assert(subtracted_value <= allowance, 'ERC20: insufficient allowance');
            self.set_allowance(owner, spender, allowance - subtracted_value);
            true
        }
    }

    #[abi(embed_v0)]
    impl ERC20CamelImpl of super::IERC20Camel<ContractState> {
        fn totalSupply(self: @ContractState) -> u256 {
            self.total_supply()
        }

        fn balanceOf(self: @ContractState, account: ContractAddress) -> u256 {
            self.balance_of(account)
        }

        fn transferFrom(
            ref self: ContractState,
            sender: ContractAddress,
            recipient: ContractAddress,
            amount: u256,
        ) -> bool {
            self.transfer_from(sender, recipient, amount)
        }

        fn increaseAllowance(
            ref self: ContractState, spender: ContractAddress, addedValue: u256,
        ) -> bool {
            self.increase_allowance(spender, addedValue)
        }

        fn decreaseAllowance(
            ref self: ContractState, spender: ContractAddress, subtractedValue: u256,
        ) -> bool {
            self.decrease_allowance(spender, subtractedValue)
        }
    }

    #[abi(embed_v0)]
    impl MintableImpl of super::IMintable<ContractState> {
        fn permissioned_mint(ref self: ContractState, account: ContractAddress, amount: u256) {
            self.assert_minter();
            self.mint(account, amount);
        }

        fn permissioned_burn(ref self: ContractState, account: ContractAddress, amount: u256) {
            self.assert_minter();
            self.burn(account, amount);
        }
    }

    #[generate_trait]
    impl InternalImpl of InternalTrait {
        fn assert_minter(self: @ContractState) {
            assert(get_caller_address() == self.permitted_minter.read(), 'MINTER_ONLY');
        }

        /// One cell after the other, so that sender and recipient may be the same account.
        fn move_balance(
            ref self: ContractState,
            sender: ContractAddress,
            recipient: ContractAddress,
            amount: u256,
        ) {
            assert(recipient.is_non_zero(), 'ERC20: transfer to 0');
            self.debit(sender, amount);
            self.credit(recipient, amount);
            self.emit(Transfer { from: sender, to: recipient, value: amount });
        }

        fn mint(ref self: ContractState, account: ContractAddress, amount: u256) {
            assert(account.is_non_zero(), 'ERC20: mint to 0');
            self.ERC20_total_supply.write(self.ERC20_total_supply.read() + amount);
            self.credit(account, amount);
            self.emit(Transfer { from: Zero::zero(), to: account, value: amount });
        }

        fn burn(ref self: ContractState, account: ContractAddress, amount: u256) {
            self.debit(account, amount);
            self.ERC20_total_supply.write(self.ERC20_total_supply.read() - amount);
            self.emit(Transfer { from: account, to: Zero::zero(), value: amount });
        }

        // A pointer is taken once per cell, for its key costs a Pedersen hash.

        fn debit(ref self: ContractState, account: ContractAddress, amount: u256) {
            let cell = self.ERC20_balances.entry(account).as_ptr();
            let balance = cell.read();
            assert(amount <= balance, 'ERC20: insufficient balance');
            cell.write(balance - amount);
        }

        fn credit(ref self: ContractState, account: ContractAddress, amount: u256) {
            let cell = self.ERC20_balances.entry(account).as_ptr();
            cell.write(cell.read() + amount);
        }

        fn set_allowance(
            ref self: ContractState, owner: ContractAddress, spender: ContractAddress, value: u256,
        ) {
            assert(spender.is_non_zero(), 'ERC20: approve to 0');
            self.ERC20_allowances.write((owner, spender), value);
            self.emit(Approval { owner, spender, value });
        }

        /// The greatest allowance is an unlimited one and is not used up.
        fn spend_allowance(
            ref self: ContractState, owner: ContractAddress, spender: ContractAddress, amount: u256,
        ) {
            let allowance = self.ERC20_allowances.read((owner, spender));
            if allowance == Bounded::MAX {
                return;
            }
            assert(amount <= allowance, 'ERC20: insufficient allowance');
            self.set_allowance(owner, spender, allowance - amount);
        }
    }
}
