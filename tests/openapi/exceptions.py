"""Where schemathesis and the contract differ: one point, and the contract is right.

JSON Schema (2020-12, section 4.2.3 of its core) counts 123.0 as an integer, and has no word for a literal
without fraction and exponent. The contract wants that literal, because clients whose numbers are floats would
else ask for another customer than they mean beyond 2^53. So where schemathesis would send 123.0 as a good
customer_id, it sends 123. That 123.0 is refused with 422 is tested in tests/it/serve/contract.rs.
"""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    customer = body.get("customer_id")
    if isinstance(customer, float) and customer.is_integer():
        return {**body, "customer_id": int(customer)}
    return body
