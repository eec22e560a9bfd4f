// ERC-8183 as its prose has it: the arguments in its words, the optional ones (`?`) as an overload without them. The prose
// gives no types to results and no `indexed`; those are the ones of the contract that the ERC printed.
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
function createJob(address provider, address evaluator, uint256 expiredAt, string description, address hook) external returns (uint256 jobId)
function createJob(address provider, address evaluator, uint256 expiredAt, string description) external returns (uint256 jobId)
function setProvider(uint256 jobId, address provider, bytes optParams) external
function setProvider(uint256 jobId, address provider) external
function setBudget(uint256 jobId, uint256 amount, bytes optParams) external
function setBudget(uint256 jobId, uint256 amount) external
function fund(uint256 jobId, uint256 expectedBudget, bytes optParams) external
function fund(uint256 jobId, uint256 expectedBudget) external
function submit(uint256 jobId, bytes32 deliverable, bytes optParams) external
function submit(uint256 jobId, bytes32 deliverable) external
function complete(uint256 jobId, bytes32 reason, bytes optParams) external
function complete(uint256 jobId, bytes32 reason) external
function complete(uint256 jobId) external
function reject(uint256 jobId, bytes32 reason, bytes optParams) external
function reject(uint256 jobId, bytes32 reason) external
function reject(uint256 jobId) external
function claimRefund(uint256 jobId) external
function getJob(uint256 jobId) external view returns (Job memory job)
function jobCounter() external view returns (uint256)
function paymentToken() external view returns (address)
event JobCreated(uint256 indexed jobId, address indexed client, address indexed provider, address evaluator, uint256 expiredAt)
event ProviderSet(uint256 indexed jobId, address indexed provider)
event BudgetSet(uint256 indexed jobId, uint256 amount)
event JobFunded(uint256 indexed jobId, address indexed client, uint256 amount)
event JobSubmitted(uint256 indexed jobId, address indexed provider, bytes32 deliverable)
event JobCompleted(uint256 indexed jobId, address indexed evaluator, bytes32 reason)
event JobRejected(uint256 indexed jobId, address indexed rejector, bytes32 reason)
event JobExpired(uint256 indexed jobId)
event PaymentReleased(uint256 indexed jobId, address indexed provider, uint256 amount)
event Refunded(uint256 indexed jobId, address indexed client, uint256 amount)
