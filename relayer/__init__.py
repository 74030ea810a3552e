"""The relayer: carries orders, approvals and receipts between chains. It holds no authority."""
