//! The universal deployer: deploys any declared class for any caller.
//!
//! The address of the new contract depends on the class, the constructor's calldata, and
//!
//!     not_from_zero    salt that enters         deployer that enters
//!     false            as given                 0
//!     true             pedersen(caller, salt)   this contract
//!
//! so a caller who asks for `true` has the address to himself: nobody else can take it. The older
//! interface calls the same argument `unique`. Clients compute the address, and read it from the
//! event by position, so neither may change.

use starknet::{ClassHash, ContractAddress};

#[starknet::interface]
pub trait IUniversalDeployer<TState> {
    fn deploy_contract(
        ref self: TState,
        class_hash: ClassHash,
        salt: felt252,
        not_from_zero: bool,
        calldata: Span<felt252>,
    ) -> ContractAddress;
}

#[starknet::interface]
pub trait IUniversalDeployerCamel<TState> {
    fn deployContract(
        ref self: TState,
        classHash: ClassHash,
        salt: felt252,
        unique: bool,
        calldata: Span<felt252>,
    ) -> ContractAddress;
}

#[starknet::contract]
pub mod UniversalDeployer {
    use core::pedersen::pedersen;
    use starknet::syscalls::deploy_syscall;
    use starknet::{ClassHash, ContractAddress, SyscallResultTrait, get_caller_address};

    #[storage]
    struct Storage {}

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        ContractDeployed: ContractDeployed,
    }

    /// A contract was deployed. `salt` is the one that the caller gave.
    #[derive(Drop, starknet::Event)]
    struct ContractDeployed {
        address: ContractAddress,
        deployer: ContractAddress,
        not_from_zero: bool,
        class_hash: ClassHash,
        calldata: Span<felt252>,
        salt: felt252,
    }

    #[abi(embed_v0)]
    impl UniversalDeployerImpl of super::IUniversalDeployer<ContractState> {
        fn deploy_contract(
            ref self: ContractState,
            class_hash: ClassHash,
            salt: felt252,
            not_from_zero: bool,
            calldata: Span<felt252>,
        ) -> ContractAddress {
            let deployer = get_caller_address();
            let effective_salt = if not_from_zero {
                pedersen(deployer.into(), salt)
            } else {
                salt
            };
            let (address, _) = deploy_syscall(class_hash, effective_salt, calldata, !not_from_zero)
                .unwrap_syscall();
            self
                .emit(
                    ContractDeployed {
                        address, deployer, not_from_zero, class_hash, calldata, salt,
                    },
                );
            address
        }
    }

    #[abi(embed_v0)]
    impl UniversalDeployerCamelImpl of super::IUniversalDeployerCamel<ContractState> {
        fn deployContract(
            ref self: ContractState,
            classHash: ClassHash,
            salt: felt252,
            unique: bool,
            calldata: Span<felt252>,
        ) -> ContractAddress {
            self.deploy_contract(classHash, salt, unique, calldata)
        }
    }
}
