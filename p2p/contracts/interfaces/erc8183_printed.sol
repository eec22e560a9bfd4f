// The contract AgenticCommerce that ERC-8183 printed (revision 908fa98b of ethereum/ERCs; later revisions point to a
// repository instead): what its client, provider and evaluator call, its events and errors. Roles and upgrades are left
// out. `getJob` returns a Job; `status` is the enumeration Open, Funded, Submitted, Completed, Rejected, Expired.
struct Job {
uint256 id;
address client;
address provider;
address evaluator;
string description;
uint256 budget;
uint256 expiredAt;
uint8 status;
address hook;
}
function createJob(address provider, address evaluator, uint256 expiredAt, string calldata description, address hook) external returns (uint256)
function setProvider(uint256 jobId, address provider_) external
function setBudget(uint256 jobId, uint256 amount, bytes calldata optParams) external
function fund(uint256 jobId, bytes calldata optParams) external
function submit(uint256 jobId, bytes32 deliverable, bytes calldata optParams) external
function complete(uint256 jobId, bytes32 reason, bytes calldata optParams) external
function reject(uint256 jobId, bytes32 reason, bytes calldata optParams) external
function claimRefund(uint256 jobId) external
function getJob(uint256 jobId) external view returns (Job memory)
function paymentToken() external view returns (address)
function platformFeeBP() external view returns (uint256)
function platformTreasury() external view returns (address)
function evaluatorFeeBP() external view returns (uint256)
function jobCounter() external view returns (uint256)
function whitelistedHooks(address hook) external view returns (bool)
function jobHasBudget(uint256 jobId) external view returns (bool hasBudget)
function initialize(address paymentToken_, address treasury_) external
function setPlatformFee(uint256 feeBP_, address treasury_) external
function setEvaluatorFee(uint256 feeBP_) external
function setHookWhitelist(address hook, bool status) external
event JobCreated(uint256 indexed jobId, address indexed client, address indexed provider, address evaluator, uint256 expiredAt, address hook)
event ProviderSet(uint256 indexed jobId, address indexed provider)
event BudgetSet(uint256 indexed jobId, uint256 amount)
event JobFunded(uint256 indexed jobId, address indexed client, uint256 amount)
event JobSubmitted(uint256 indexed jobId, address indexed provider, bytes32 deliverable)
event JobCompleted(uint256 indexed jobId, address indexed evaluator, bytes32 reason)
event JobRejected(uint256 indexed jobId, address indexed rejector, bytes32 reason)
event JobExpired(uint256 indexed jobId)
event PaymentReleased(uint256 indexed jobId, address indexed provider, uint256 amount)
event EvaluatorFeePaid(uint256 indexed jobId, address indexed evaluator, uint256 amount)
event Refunded(uint256 indexed jobId, address indexed client, uint256 amount)
event HookWhitelistUpdated(address indexed hook, bool status)
error InvalidJob()
error WrongStatus()
error Unauthorized()
error ZeroAddress()
error ExpiryTooShort()
error ZeroBudget()
error ProviderNotSet()
error FeesTooHigh()
error HookNotWhitelisted()
